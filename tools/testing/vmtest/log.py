# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens in a run, as lines of JSON: written by several threads of the
host, and told by the guest among its results."""

import json
import re
import threading
import time

# A guest's line of an object that names itself an event
EVENT = re.compile(r'# (\{"event": .*\})$')


class Log:
    """A line for each thing said: when, by whom or to whom, and what."""

    def __init__(self, path):
        self._file = open(path, "w", encoding="utf-8")  # pylint: disable=consider-using-with
        self._lock = threading.Lock()

    def write(self, text):
        """Append what was said, whose first word is the kind."""
        kind, _, rest = text.partition(" ")
        with self._lock:
            if not self._file.closed:
                line = {"at": round(time.time(), 6), "kind": kind, "text": rest}
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()

    def close(self):
        """Later lines are dropped."""
        with self._lock:
            self._file.close()


def read(path):
    """The lines of a log: (seconds of the epoch, kind, text)."""
    for text in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        yield line["at"], line["kind"], line["text"]


def events(path):
    """What a guest told in its results."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        match = EVENT.match(line)
        if match:
            yield json.loads(match[1], strict=False)
