# SPDX-License-Identifier: GPL-2.0-or-later
"""A log file that several threads write to."""

import threading
import time


class Log:
    """Lines with the seconds since the log was opened."""

    def __init__(self, path):
        self._file = open(path, "w", encoding="utf-8")  # pylint: disable=consider-using-with
        self._start = time.monotonic()
        self._lock = threading.Lock()

    def write(self, text):
        """Append one line."""
        with self._lock:
            if not self._file.closed:
                stamp = time.monotonic() - self._start
                self._file.write(f"[{stamp:9.3f}] {text}\n")
                self._file.flush()

    def close(self):
        """Later lines are dropped."""
        with self._lock:
            self._file.close()
