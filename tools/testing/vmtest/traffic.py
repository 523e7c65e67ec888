# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic generators and captures on the host's side of the wire."""

import contextlib
import json
import pathlib
import re
import signal
import subprocess
import time

from procs import run

GUEST_ADDRESS = "192.0.2.2"
SERVER_PORTS = range(5201, 5205)
READY_TIMEOUT = 15
CLIENT_TIMEOUT = 170
# Seconds after which an echo counts as lost.
LATE = 10
ANSWER = re.compile(r"^\[(\d+\.\d+)\] \S+ : \[(\d+)\], \d+ bytes", re.M)
SEQUENCE_RECEIVER = pathlib.Path(__file__).resolve().parent / "host/receive-sequence"


class TrafficError(Exception):
    """A generator or a capture failed; the text goes to the guest."""


def wait_for_text(path, pattern, child, timeout=READY_TIMEOUT, skip=0):
    """Wait until a child has written something to a file, behind so much of it."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        text = path.read_text(errors="replace")[skip:]
        if re.search(pattern, text):
            return
        if child.poll() is not None:
            raise TrafficError(f"{path.name}: {last_line(text)}")
        time.sleep(0.02)
    raise TrafficError(f"{path.name}: not ready in {timeout} s")


def last_line(text):
    """The last line that says something."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no output"


class Iperf:
    """iperf3 servers for the guest, and clients that send to the guest."""

    def __init__(self, processes, namespace, out):
        self._processes = processes
        self._namespace = namespace
        self._out = out
        self._servers = []
        self._clients = {}
        self._last = 0

    def start_servers(self):
        """One server per port; an answer means that all of them listen."""
        if self._servers:
            raise TrafficError("the servers run already")
        for port in SERVER_PORTS:
            log = self._out / f"iperf-server-{port}.log"
            with open(log, "w", encoding="utf-8") as output:
                child = self._processes.start(
                    ["iperf3", "-s", "-p", str(port), "--forceflush"],
                    self._namespace, stdout=output, stderr=subprocess.STDOUT)
            self._servers.append(child)
            wait_for_text(log, "Server listening", child)
        return " ".join(map(str, SERVER_PORTS))

    def stop_servers(self):
        """Stop all servers."""
        for child in self._servers:
            self._processes.stop(child)
        self._servers = []

    def start_client(self, arguments):
        """Start a client in the background; its name."""
        self._last += 1
        name = f"client{self._last}"
        where = [] if "-c" in arguments else ["-c", GUEST_ADDRESS]
        path = self._out / f"iperf-{name}.json"
        with open(path, "w", encoding="utf-8") as output:
            child = self._processes.start(
                ["iperf3", *where, "--json", *arguments],
                self._namespace, stdout=output, stderr=subprocess.STDOUT)
        self._clients[name] = (child, path)
        return name

    def wait_client(self, name=None):
        """Wait for a client (the last one); its summary."""
        name = name or f"client{self._last}"
        if name not in self._clients:
            raise TrafficError(f"no {name}")
        child, path = self._clients.pop(name)
        try:
            child.wait(CLIENT_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._processes.stop(child)
            raise TrafficError(f"{name} did not end") from None
        self._processes.stop(child)
        return summary(path.read_text(errors="replace"))


def summary(text):
    """One line about iperf3's JSON report."""
    try:
        report = json.loads(text)
    except ValueError:
        raise TrafficError(last_line(text)) from None
    if "error" in report:
        raise TrafficError(report["error"])
    end = report["end"]
    received = end.get("sum_received", end.get("sum", {}))
    sent = end.get("sum_sent", end.get("sum", {}))
    fields = {"bits_per_second": int(received.get("bits_per_second", 0)),
              "sent_bytes": sent.get("bytes", 0),
              "received_bytes": received.get("bytes", 0),
              "longest_gap": f"{_longest_gap(report['intervals']):.2f}"}
    if "retransmits" in sent:
        fields["retransmits"] = sent["retransmits"]
    if "lost_packets" in end.get("sum", {}):
        fields["lost_packets"] = end["sum"]["lost_packets"]
        fields["packets"] = end["sum"]["packets"]
        fields["out_of_order"] = sum(stream["udp"].get("out_of_order", 0)
                                     for stream in end["streams"])
    return " ".join(f"{key}={value}" for key, value in fields.items())


def _longest_gap(intervals):
    """Seconds of the longest run of intervals without a byte."""
    longest = current = 0.0
    for interval in intervals:
        part = interval["sum"]
        current = current + part["seconds"] if part["bytes"] == 0 else 0.0
        longest = max(longest, current)
    return longest


def _longest_pause(times):
    """Milliseconds of the longest time between two of them, which are seconds."""
    return max(after - before for before, after in zip(times, times[1:])) * 1000


class Pings:
    """Echo requests to the guest, all the time; what comes back when. They are
    fping's: ping waits by the host's jiffies, for 16 ms when it is told 10."""

    def __init__(self, processes, namespace, out):
        self._processes = processes
        self._namespace = namespace
        self._log = out / "ping.log"
        self._child = None
        self._interval = 0.0

    def start(self, interval="0.01"):
        """Begin."""
        if self._child:
            raise TrafficError("pings are on their way already")
        self._interval = float(interval)
        with open(self._log, "w", encoding="utf-8") as output:
            self._child = self._processes.start(
                ["fping", "-D", "-l", "-p", f"{self._interval * 1000:g}",
                 "-t", f"{LATE * 1000}", GUEST_ADDRESS],
                self._namespace, stdout=output, stderr=subprocess.STDOUT)

    def await_answer(self):
        """Wait for the next one, if any are asked for. It is for the test to find
        that none came."""
        if not self._child:
            return
        size = len(self._log.read_text(errors="replace"))
        with contextlib.suppress(TrafficError):
            wait_for_text(self._log, ANSWER, self._child, skip=size)

    def stop(self):
        """End; what was lost, and the longest time without an answer."""
        if not self._child:
            raise TrafficError("no pings are on their way")
        end = time.time()
        self._processes.stop(self._child, signal.SIGINT)
        self._child = None
        text = self._log.read_text(errors="replace")
        answers = [(float(stamp), int(number))
                   for stamp, number in ANSWER.findall(text)]
        if len(answers) < 2:
            raise TrafficError(f"{self._log.name}: {last_line(text)}")
        times, numbers = zip(*answers)
        # fping does not count one that has yet to time out. They have numbers
        # from 0; of those without an answer at the end one may be on its way.
        silent = max(int((end - times[-1]) / self._interval) - 1, 0)
        sent, received = max(numbers) + 1 + silent, len(set(numbers))
        return (f"sent={sent} received={received} lost={sent - received} "
                f"longest_gap={_longest_pause([*times, end]):.0f}")


class Sequence:
    """A receiver of the numbered packets that the guest's pktgen sends."""

    def __init__(self, processes, namespace, out):
        self._processes = processes
        self._namespace = namespace
        self._log = out / "sequence.log"
        self._child = None
        self._told = 0

    def start(self):
        """An answer means that it listens."""
        if self._child:
            raise TrafficError("there is a receiver already")
        with open(self._log, "w", encoding="utf-8") as output:
            self._child = self._processes.start(
                [str(SEQUENCE_RECEIVER)], self._namespace,
                stdout=output, stderr=subprocess.STDOUT)
        wait_for_text(self._log, "listening", self._child)
        self._told = 0

    def pause(self):
        """The longest time without a packet since this was asked the last time,
        if it is worth a line of the receiver."""
        if not self._child:
            raise TrafficError("there is no receiver")
        text = self._log.read_text(errors="replace")
        pauses = re.findall(r"nothing for (\d+) ms", text[self._told:])
        self._told = len(text)
        return f"longest_gap={max(map(int, pauses), default=0)}"

    def stop(self):
        """What has arrived."""
        if not self._child:
            raise TrafficError("there is no receiver")
        self._processes.stop(self._child, signal.SIGINT)
        self._child = None
        return last_line(self._log.read_text(errors="replace"))


class Captures:
    """tcpdump on the taps, at most one on each."""

    def __init__(self, processes, namespace, out):
        self._processes = processes
        self._namespace = namespace
        self._out = out
        self._running = {}

    def start(self, tap, words):
        """Start to capture; an answer means that no packet gets lost any more."""
        if tap in self._running:
            raise TrafficError(f"{tap} is being captured already")
        direction = []
        if words and words[0] in ("in", "out"):
            direction = ["-Q", words[0]]
            words = words[1:]
        log = self._out / f"capture-{tap}.log"
        with open(log, "w", encoding="utf-8") as output:
            child = self._processes.start(
                ["tcpdump", "-n", "-U", "-Z", "root", "--immediate-mode",
                 "-i", tap, *direction, "-w", str(self._out / f"capture-{tap}.pcap"),
                 *words],
                self._namespace, stdout=subprocess.DEVNULL, stderr=output)
        wait_for_text(log, "listening on", child)
        self._running[tap] = (child, log)

    def longest_gap(self, tap):
        """Stop; the longest time between two packets, in milliseconds."""
        self.stop(tap)
        text = run(
            ["tcpdump", "-n", "-tt", "-r", str(self._out / f"capture-{tap}.pcap")])
        times = [float(line.split()[0]) for line in text.splitlines()]
        if len(times) < 2:
            raise TrafficError(f"{len(times)} packets make no gap")
        return _longest_pause(times)

    def stop(self, tap=None):
        """Stop; the number of packets."""
        if tap is None and len(self._running) == 1:
            tap = next(iter(self._running))
        if tap not in self._running:
            raise TrafficError("which capture?" if tap is None
                               else f"{tap} is not captured")
        child, log = self._running.pop(tap)
        self._processes.stop(child, signal.SIGINT)
        match = re.search(r"(\d+) packets? captured", log.read_text())
        if not match:
            raise TrafficError(f"tcpdump: {last_line(log.read_text())}")
        return match[1]
