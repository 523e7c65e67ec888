# SPDX-License-Identifier: GPL-2.0-or-later
"""What one guest's run left: streams, marks and lists of netdevs.

Everything is on the guest's clock. Its iperf3 lines were stamped there; the
host's intervals are set on it by the sender's lines in the guest, which began
at the same moment; the host's answers to vmhost by the offset of both clocks,
which every question and answer confines.
"""

import dataclasses
import json
import pathlib
import re
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]
                       / "tools/testing/vmtest"))

import log  # noqa: E402 pylint: disable=wrong-import-position

STREAMS = ("tcp-to-host", "tcp-to-guest", "udp-to-host", "udp-to-guest")
STAGES = (("start", "standby alone"), ("vf", "VF in use"),
          ("standby", "VF unplugged"), ("again", "VF plugged again"))

INTERVAL = re.compile(
    r"\[ *\d+\] +([\d.]+)-([\d.]+) +sec +\S+ \S+ +([\d.]+) Kbits/sec(.*)$")
LOSS = re.compile(r"(-?\d+)/(\d+) \(")


class DataError(Exception):
    """A run left something else than expected."""


@dataclasses.dataclass
class Stream:
    """One iperf3 stream as its receiver saw it; times in seconds since its start."""

    name: str
    origin: float = 0.0
    intervals: list = dataclasses.field(default_factory=list)
    marks: dict = dataclasses.field(default_factory=dict)
    lost: int = None
    packets: int = None
    out_of_order: int = 0
    retransmits: int = None
    overflow: int = 0
    losses: list = dataclasses.field(default_factory=list)
    starved: float = 0.0
    silences: list = dataclasses.field(default_factory=list)

    @property
    def is_udp(self):
        """Whether packets are counted."""
        return self.name.startswith("udp")

    def lost_until_replug(self):
        """Packets that the receiver missed before the re-plug."""
        return sum(count for when, count in self.losses if when < self.marks["plug"])

    def longest_gap(self):
        """The longest run of intervals without a byte: (its start, ms)."""
        longest, since, found = 0.0, None, 0.0
        for start, end, rate in self.intervals:
            if rate > 0:
                since = None
                continue
            since = start if since is None else since
            if end - since > longest:
                longest, found = end - since, since
        return found, round(longest * 1000)


@dataclasses.dataclass
class Run:
    """One guest: a kernel and a driver."""

    series: str
    driver: str
    release: str = ""
    streams: dict = dataclasses.field(default_factory=dict)
    links: dict = dataclasses.field(default_factory=dict)
    dmesg: list = dataclasses.field(default_factory=list)
    clock_error: float = 0.0

    def netdevs(self, stage="vf"):
        """How many netdevs the NIC makes, without lo."""
        return sum(1 for line in self.links.get(stage, []) if line.split()[0] != "lo")

    def total(self, name):
        """The sum of a count over all streams that have it."""
        return sum(getattr(stream, name) or 0 for stream in self.streams.values())

    def worst_gap(self):
        """The longest gap of all streams, in ms."""
        return max(stream.longest_gap()[1] for stream in self.streams.values())


def read_run(directory, series, driver):
    """The Run in a log directory of vmtest."""
    directory = pathlib.Path(directory)
    run = Run(series, driver)
    reader = _Reader(run, directory)
    try:
        for event in log.events(directory / "results.ktap"):
            reader.take(**event)
        _place_marks(run, reader.marks, directory / "control.log")
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise DataError(f"{directory}: {error!r}") from error
    missing = [name for name in STREAMS if name not in run.streams]
    if missing:
        raise DataError(f"{directory}: no stream {', '.join(missing)}")
    return run


class _Reader:
    """Takes what the guest told."""

    def __init__(self, run, directory):
        self._run = run
        self._directory = directory
        self._stream = None
        self._client = None
        self._lines = []
        self.marks = []

    def take(self, event, **words):
        """One event."""
        getattr(self, "_take_" + event)(**words)

    def _take_kernel(self, release):
        self._run.release = release

    def _take_link(self, stage, line):
        self._run.links.setdefault(stage, []).append(line.rstrip())

    def _take_dmesg(self, line):
        self._run.dmesg.append(line)

    def _take_mark(self, name, at):
        self.marks.append((self._stream and self._stream.name, name, at))

    def _take_phase(self, name):
        self._stream, self._client, self._lines = Stream(name), None, []

    def _take_host(self, client):
        self._client = client

    def _take_iperf(self, at, line):
        self._lines.append((at, line))

    def _take_end(self, overflow):
        stream = self._stream
        stream.overflow = overflow
        if self._client:
            path = self._directory / f"iperf-{self._client}.json"
            fill_from_json(stream, json.loads(path.read_text()))
            if stream.is_udp:
                stream.starved = _starved(self._lines)
        else:
            _fill_from_text(stream, [line for _, line in self._lines])
        stream.origin = _origin(self._lines)
        self._run.streams[stream.name] = stream
        self._stream = None


def _origin(lines):
    """When a stream began: a line is never early, so the earliest one is right."""
    stamps = [stamp - float(match[2]) for stamp, line in lines
              if (match := INTERVAL.match(line)) and "er" not in match[4]]
    return min(stamps)


def _starved(lines):
    """Seconds in which a UDP sender was below half its rate.

    No driver holds it back: it did not get the processor, and what it sends to
    catch up may be too much for the receiver.
    """
    rates = [(float(match[2]) - float(match[1]), float(match[3])) for _, line in lines
             if (match := INTERVAL.match(line)) and "er" not in match[4]]
    usual = statistics.median(rate for _, rate in rates)
    return sum(seconds for seconds, rate in rates if rate < usual / 2)


def fill_from_json(stream, report):
    """The intervals and counts of iperf3's JSON."""
    for interval in report["intervals"]:
        part = interval["sum"]
        stream.intervals.append((part["start"], part["end"],
                                 part["bits_per_second"] / 1e6))
        stream.losses.append((part["end"], part.get("lost_packets", 0)))
    end = report["end"]
    if stream.is_udp:
        stream.lost = end["sum"]["lost_packets"]
        stream.packets = end["sum"]["packets"]
        stream.out_of_order = end["streams"][0]["udp"]["out_of_order"]
    else:
        stream.retransmits = end["sum_sent"]["retransmits"]


def _fill_from_text(stream, lines):
    for line in lines:
        match = INTERVAL.match(line)
        disorder = re.search(r"(\d+) datagrams received out-of-order", line)
        if disorder:
            stream.out_of_order = int(disorder[1])
        elif match and match[4].endswith("sender") and not stream.is_udp:
            stream.retransmits = int(match[4].split()[0])
        elif match and match[4].endswith("receiver") and stream.is_udp:
            stream.lost, stream.packets = map(int, LOSS.search(match[4]).groups())
        elif match and not match[4].endswith(("sender", "receiver")):
            stream.intervals.append((float(match[1]), float(match[2]),
                                     float(match[3]) / 1000))
            loss = LOSS.search(match[4])
            stream.losses.append((float(match[2]), int(loss[1]) if loss else 0))


def _place_marks(run, marks, path):
    """Set each mark to when the host did it, or to the guest's own time."""
    answers, lows = _read_control(path)
    # The host's answer of a mark comes before the guest notes it.
    matched = [(stream, name, stamp, answers[stream].pop(0) if name != "gone" else None)
               for stream, name, stamp in marks]
    low = max(lows)
    high = min(stamp - host for _, _, stamp, host in matched if host is not None)
    offset = (low + high) / 2
    run.clock_error = abs(high - low) / 2
    for name, mark, stamp, host in matched:
        if name:
            stream = run.streams[name]
            when = stamp if host is None else host + offset
            stream.marks[mark] = when - stream.origin


def _read_control(path):
    """From control.log: when path and plug were answered, per phase, and by how
    much the guest's clock was ahead at least."""
    answers, lows, phase, waiting = {None: []}, [], None, {}
    first = True
    for when, kind, text in log.read(path):
        words = text.split()
        if kind == "guest:" and words[0] == "clock":
            lows.append(float(words[2]) - when)
            phase = words[1] if phase is None else None
            answers.setdefault(phase, [])
        elif kind == "vmhost>" and words[1] in ("path", "plug"):
            waiting[words[0]] = words[1:]
        elif kind == "vmhost<" and waiting.pop(words[0], None):
            # The first path is set before there is a VF, without a mark.
            if not first:
                answers[phase].append(when)
            first = False
    return answers, lows
