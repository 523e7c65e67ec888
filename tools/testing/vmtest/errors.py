# SPDX-License-Identifier: GPL-2.0-or-later
"""Errors that end a run with one line instead of a traceback."""

import pathlib
import sys

# The runner takes the steps of a host that others take, too.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "host-steps"))

from hoststeps.errors import StepError  # pylint: disable=wrong-import-position


class VmtestError(StepError):
    """The run cannot go on; the text says why, for a human."""


class CommandError(VmtestError):
    """What a test asked for was wrong or failed; the text goes to the guest."""
