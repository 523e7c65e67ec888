# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of QEMU's machine protocol."""

import json
import threading
import time

from .errors import StepError


class QmpError(StepError):
    """QEMU refused a command, or did not answer."""


class QmpClient:
    """Commands and events over one connected socket.

    A thread of its own reads, so that no event is missed while nobody waits.
    Events are kept for the whole run: a waiter looks from a position on.
    """

    def __init__(self, sock, log):
        self._socket = sock
        self._log = log
        self._changed = threading.Condition()
        self._command_lock = threading.Lock()
        self._events = []
        self._replies = {}
        self._consumed = {}
        self._greeted = False
        self._closed = False
        self._last_id = 0
        threading.Thread(target=self._read, daemon=True).start()

    def open(self, timeout=30):
        """Wait for the greeting and leave the negotiation mode."""
        with self._changed:
            self._changed.wait_for(lambda: self._greeted or self._closed, timeout)
            if not self._greeted:
                raise QmpError("QEMU did not start")
        self.command("qmp_capabilities")

    def command(self, name, arguments=None, timeout=30):
        """Execute a command; its return value."""
        request = {"execute": name}
        if arguments:
            request["arguments"] = arguments
        return self.request(request, timeout)

    def request(self, request, timeout=30):
        """Send a whole request object; the value of "return"."""
        with self._command_lock:
            self._last_id += 1
            ident = self._last_id
            self._send(dict(request, id=ident))
            with self._changed:
                self._changed.wait_for(
                    lambda: ident in self._replies or self._closed, timeout)
                reply = self._replies.pop(ident, None)
        if reply is None:
            raise QmpError("QEMU is gone" if self._closed else "no answer")
        if "error" in reply:
            raise QmpError(reply["error"].get("desc", "unknown error"))
        return reply["return"]

    def position(self):
        """Where the next event will be."""
        with self._changed:
            return len(self._events)

    def wait_event(self, matches, since, timeout):
        """The first event from a position on which matches; None if none comes.

        A timeout of None is none; that QEMU ends is an error.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            index = since
            while True:
                while index < len(self._events):
                    if matches(self._events[index]):
                        return self._events[index]
                    index += 1
                if self._closed:
                    raise QmpError("QEMU is gone")
                rest = deadline and deadline - time.monotonic()
                if rest is not None and rest <= 0:
                    return None
                self._changed.wait(rest)

    def events(self, since):
        """The events from a position on."""
        with self._changed:
            return self._events[since:]

    def next_event(self, name, timeout):
        """The next event of this name that next_event has not returned yet."""
        since = self._consumed.get(name, 0)
        event = self.wait_event(lambda item: item["event"] == name, since, timeout)
        if event is not None:
            with self._changed:
                self._consumed[name] = self._events.index(event, since) + 1
        return event

    def close(self):
        """Stop reading."""
        try:
            self._socket.shutdown(2)
        except OSError:
            pass

    def _send(self, request):
        text = json.dumps(request)
        self._log.write("qmp> " + text)
        try:
            self._socket.sendall(text.encode() + b"\n")
        except OSError as error:
            raise QmpError(f"QEMU is gone ({error.strerror})") from error

    def _read(self):
        with self._socket.makefile("r", encoding="utf-8") as lines:
            try:
                for line in lines:
                    self._take(line)
            except (OSError, ValueError) as error:
                self._log.write(f"qmp: {error}")
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _take(self, line):
        message = json.loads(line)
        self._log.write("qmp< " + line.rstrip())
        with self._changed:
            if "QMP" in message:
                self._greeted = True
            elif "event" in message:
                self._events.append(message)
            else:
                self._replies[message.get("id")] = message
            self._changed.notify_all()
