# SPDX-License-Identifier: GPL-2.0-or-later
"""What one guest's live migration left: pings, QEMU's events and a TCP stream.

Everything is on the host's clock, in seconds since the migration began: the
guest's own stands still with it.
"""

import dataclasses
import json
import math
import pathlib
import re

import data
import log

MODELS = ("vmxnet3", "e1000e")
# What the guest is late with after its VF is gone is the unplug's, too.
SLACK = 1.0
# A gap may be longer than QEMU's stop by this much.
ALLOWED = 50  # ms
# From this longest gap before the start on the machine is said to be busy.
UNREST = 40  # ms
# A silence of the pings that a figure shows.
SILENCE = 0.05

ANSWER = re.compile(r"\[(\d+\.\d+)\] \S+ : \[(\d+)\], \d+ bytes")


@dataclasses.dataclass
class Migration:
    """One guest's way to another host: a kernel, a driver and a model of VF."""

    series: str
    driver: str
    model: str
    stream: data.Stream
    answers: list = dataclasses.field(default_factory=list)
    lost: int = 0
    clock_error: float = 0.0

    @property
    def marks(self):
        """When what happened: start, gone, stop, resume, vf."""
        return self.stream.marks

    def stop(self):
        """For how long QEMU had the guest stand still, in ms."""
        return round((self.marks["resume"] - self.marks["stop"]) * 1000)

    def gaps(self, since=0.0, until=math.inf):
        """Times without an answer that end in a span: (from, to)."""
        times = [when for when, _ in self.answers]
        return [gap for gap in zip(times, times[1:]) if since < gap[1] <= until]

    def unrest(self):
        """The longest gap before the start, in ms: what the machine is good for."""
        return _longest(self.gaps(-math.inf, 0.0))

    def phase(self, gap):
        """The part of the migration that a gap belongs to."""
        before, after = gap
        if before >= self.marks["resume"]:
            return "replug"
        if after > self.marks["stop"]:
            return "stop"
        return "unplug" if before < self.marks["gone"] + SLACK else "copy"

    def longest(self, *phases):
        """The longest gap of these phases, or of all, in ms."""
        return _longest(gap for gap in self.gaps()
                        if not phases or self.phase(gap) in phases)

    def excess(self):
        """By how many ms the longest gap is longer than QEMU's stop."""
        return self.longest() - self.stop()


def _longest(gaps):
    return round(1000 * max((after - before for before, after in gaps), default=0))


def read_migration(logs, series, driver, model):
    """The Migration in a log directory of vmtest."""
    directory = pathlib.Path(logs) / f"{series}-{driver}-migrate-{model}/migrate"
    migration = Migration(series, driver, model, data.Stream("tcp-to-host"))
    try:
        control = _Control(directory / "control.log")
        start = control.marks["start"]
        _read_pings(migration, directory / "ping.log", start)
        report = json.loads((directory / "iperf-client1.json").read_text())
        _place_stream(migration, report, control, start)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise data.DataError(f"{directory}: {error!r}") from error
    if len(migration.answers) < 2:
        raise data.DataError(f"{directory}: no pings were answered")
    return migration


class _Control:
    """When what happened, by control.log: seconds of the epoch."""

    def __init__(self, path):
        self.marks = {}
        self._questions = {}
        self._events = []
        self._told = {}
        for when, kind, text in log.read(path):
            if kind == "qmp<":
                self._take_event(json.loads(text))
            elif kind in ("vmhost>", "vmhost<", "guest:"):
                self._take_words(when, kind, text.split())
        self._place()

    def _take_event(self, message):
        if "event" not in message:
            return
        stamp = message["timestamp"]
        stamp = stamp["seconds"] + stamp["microseconds"] / 1e6
        self._events.append((stamp, message["event"],
                             message.get("data", {}).get("status")))

    def _take_words(self, when, kind, words):
        if kind == "vmhost>":
            self._questions[words[0]] = words[1]
        elif kind == "guest:":
            self._told[words[0]] = when
        else:
            self._told[self._questions.get(words[0])] = when

    def _place(self):
        """The last migration's marks: the target tells of a setup of its own."""
        self.marks["gone"] = self._find("MIGRATION", "active")
        self.marks["start"] = max(
            stamp for stamp, name, status in self._events
            if (name, status) == ("MIGRATION", "setup") and stamp < self.marks["gone"])
        self.marks["stop"] = self._find("STOP", None)
        self.marks["resume"] = self._find("RESUME", None, self.marks["stop"])
        self.marks["vf"] = self._told["in-use"]

    def _find(self, name, status, since=0):
        return min(event[0] for event in self._events
                   if event[1:] == (name, status) and event[0] >= since)

    def stream(self, length):
        """When the stream began, and by how much that may be wrong: not before
        iperf3 was started, nor so late that it could not end in time."""
        early = self._told["iperf-client"]
        late = self._told["iperf-wait"] - length
        return (early + late) / 2, abs(late - early) / 2


def _read_pings(migration, path, start):
    answers = {}
    for line in path.read_text().splitlines():
        match = ANSWER.match(line)
        if match:
            answers.setdefault(int(match[2]), float(match[1]) - start)
    migration.answers = sorted((when, number) for number, when in answers.items())
    # Of those that were sent since the start
    late = [number for when, number in migration.answers if when > 0]
    first = max(number for when, number in migration.answers if when <= 0)
    migration.lost = max(late) - first - len(late)


def _place_stream(migration, report, control, start):
    stream = migration.stream
    data.fill_from_json(stream, report)
    stream.origin, migration.clock_error = control.stream(stream.intervals[-1][1])
    shift = stream.origin - start
    stream.intervals = [(since + shift, until + shift, rate)
                        for since, until, rate in stream.intervals]
    stream.marks = {name: when - start for name, when in control.marks.items()}
    stream.silences = [gap for gap in migration.gaps() if gap[1] - gap[0] > SILENCE]
