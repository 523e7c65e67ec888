# SPDX-License-Identifier: GPL-2.0-or-later
"""Live migration of a guest with a failover pair, seen from the source.

QEMU itself asks the guest to let the VF go ("wait-unplug"), without a limit of
time, and plugs it again if the migration fails or is cancelled; but not after
one that "completed" and whose guest goes on here all the same.
"""

import dataclasses
import time

from .errors import StepError
from .qmp import QmpError

ENDED = ("completed", "failed", "cancelled")
UNPLUG_TIMEOUT = 30
MIGRATION_TIMEOUT = 120
# QEMU gives the guest this long to let go a VF when it cancels (its
# migration/migration.c: 30 s), and the rest for the plug.
CANCEL_TIMEOUT = 45
# From "completed" to the end of QEMU's thread, which takes milliseconds
FINAL_TIMEOUT = 30
FINAL_INTERVAL = 0.02


@dataclasses.dataclass
class Report:
    """What became of a migration; times in milliseconds of the host."""

    status: str
    states: list
    unplug: float
    total: float
    stopped: float
    error: str = ""

    def __str__(self):
        text = (f"status={self.status} unplug={self.unplug:.0f} "
                f"total={self.total:.0f} stopped={self.stopped:.0f} "
                f"states={','.join(self.states)}")
        return text + (f" error={self.error}" if self.error else "")


def _seconds(event):
    stamp = event["timestamp"]
    return stamp["seconds"] + stamp["microseconds"] / 1e6


class Migration:
    """One attempt to send a guest away."""

    def __init__(self, qmp):
        self._qmp = qmp
        self._since = qmp.position()

    def start(self, uri):
        """Begin; the VF is asked for at once."""
        self._qmp.command("migrate-set-capabilities", {"capabilities": [
            {"capability": "events", "state": True}]})
        self._since = self._qmp.position()
        self._qmp.command("migrate", {"uri": uri})

    def wait(self, states, timeout):
        """The first of these states, or of those that end it, that comes.

        A timeout of None is none.
        """
        wanted = (*states, *ENDED)
        event = self._qmp.wait_event(
            lambda event: event["event"] == "MIGRATION"
            and event["data"]["status"] in wanted, self._since, timeout)
        if event is None:
            raise StepError(f"migration is {self.status()}, not "
                            f"{' or '.join(states)} after {timeout:g} s")
        return event["data"]["status"]

    def status(self):
        """The state that QEMU says it is in."""
        return self._qmp.command("query-migrate").get("status", "none")

    def asked_to_unplug(self):
        """Whether the guest was asked to let its VF go."""
        return any(event["event"] == "UNPLUG_PRIMARY"
                   for event in self._qmp.events(self._since))

    def cancel(self, timeout=CANCEL_TIMEOUT):
        """Give up, and wait until QEMU did."""
        self._qmp.command("migrate_cancel")
        self.wait((), timeout)

    def unplugged(self, timeout=UNPLUG_TIMEOUT):
        """Wait until the VF has gone; a guest that keeps it is left where it is."""
        try:
            # "active" comes only then.
            self.wait(("active",), timeout)
        except StepError as error:
            self.cancel()
            raise StepError(f"the guest keeps its VF: {error}") from error

    def finish(self, unplug_timeout=UNPLUG_TIMEOUT, timeout=MIGRATION_TIMEOUT):
        """Wait for both, the VF's end and the migration's."""
        self.unplugged(unplug_timeout)
        self.wait((), timeout)

    def report(self, target=None):
        """What happened so far; with the target's monitor, for how long the
        guest stood still."""
        now = time.time()
        events = [event for event in self._qmp.events(self._since)
                  if event["event"] == "MIGRATION"]
        times = {event["data"]["status"]: _seconds(event) for event in events}
        start = times.get("setup", now)
        info = self._qmp.command("query-migrate")
        return Report(
            status=info.get("status", "none"),
            states=[event["data"]["status"] for event in events],
            unplug=(times.get("active", start) - start) * 1000,
            total=(max(times.values(), default=start) - start) * 1000,
            stopped=self._stopped(target) * 1000,
            error=info.get("error-desc", ""))

    def _stopped(self, target):
        stops = [_seconds(event) for event in self._qmp.events(self._since)
                 if event["event"] == "STOP"]
        if not stops:
            return 0
        source = target or self._qmp
        resumes = [_seconds(event) for event in source.events(0)
                   if event["event"] == "RESUME" and _seconds(event) >= stops[0]]
        return resumes[0] - stops[0] if resumes else 0


def _wait_final(qmp):
    """A migration has "completed" before QEMU lets the guest run again, and no
    event tells of that."""
    deadline = time.monotonic() + FINAL_TIMEOUT
    while qmp.command("query-status")["status"] == "finish-migrate":
        if time.monotonic() > deadline:
            raise StepError("QEMU does not come to an end with the migration "
                            f"in {FINAL_TIMEOUT} s")
        time.sleep(FINAL_INTERVAL)


def go_on_here(qmp):
    """Let a guest run whose migration completed, to a file or to nobody.

    QEMU believes that the VF went with it: it plugs it again only after a
    migration that fails, so one is started to do just that.
    """
    _wait_final(qmp)
    qmp.command("cont")
    migration = Migration(qmp)
    migration.start("exec:false")
    try:
        migration.wait(("failed",), CANCEL_TIMEOUT)
    except (StepError, QmpError) as error:
        raise StepError(f"the guest runs, without its VF: {error}") from error
