# SPDX-License-Identifier: GPL-2.0-or-later
"""Child processes which never outlive the runner."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading

from errors import VmtestError
from hoststeps.command import run  # pylint: disable=unused-import


def need_tools(names):
    """Fail with one line if a program is missing."""
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        raise VmtestError(f"missing tool {', '.join(missing)} (apt-get install "
                          "$(scripts/guest-image.sh --print-packages))")


class ProcessGroup:
    """All long-running children of one guest run.

    setpriv lets the kernel kill them when the runner dies, even by SIGKILL.
    A session of their own keeps a terminal's ^C from them: the runner gets it
    and stops them in order.
    """

    def __init__(self):
        self._children = []
        self._lock = threading.Lock()

    def start(self, argv, namespace=None, env=None, **popen_args):
        """Start argv (in a network namespace) and remember it."""
        chain = ["setpriv", "--pdeathsig", "KILL"]
        if namespace:
            chain += ["nsenter", f"--net=/run/netns/{namespace}"]
        if env:
            chain += ["env"] + [f"{key}={value}" for key, value in env.items()]
        popen_args.setdefault("stdin", subprocess.DEVNULL)
        with self._lock:
            child = subprocess.Popen(  # pylint: disable=consider-using-with
                chain + argv, start_new_session=True, **popen_args)
            self._children.append(child)
        return child

    def stop(self, child, how=signal.SIGTERM, patience=5):
        """Stop one child, with force if it does not follow; reap it."""
        signal_group(child, how)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            signal_group(child, signal.SIGKILL)
            child.wait()
        with self._lock:
            if child in self._children:
                self._children.remove(child)
        return child.returncode

    def stop_all(self):
        """Kill what is left."""
        with self._lock:
            children, self._children = self._children, []
        for child in children:
            signal_group(child, signal.SIGKILL)
        for child in children:
            child.wait()


def signal_group(child, how):
    """Send a child and all that it has started a signal, if it lives."""
    # start_new_session made the child the leader of a group of its own. A
    # reaped child's number may belong to another process by now.
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, how)
