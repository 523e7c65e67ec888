# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of the host."""

import subprocess

from .errors import StepError


def run(argv, check=True, timeout=60):
    """Run a short command; its output as text."""
    try:
        done = subprocess.run(argv, text=True, timeout=timeout, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True)
    except subprocess.TimeoutExpired:
        raise StepError(f"{' '.join(argv)}: not done in {timeout:g} s") from None
    if check and done.returncode:
        detail = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise StepError(f"{' '.join(argv)}: "
                        f"{detail[-1] if detail else done.returncode}")
    return done.stdout
