# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic generators and captures on the host's side of the wire."""

import json
import re
import signal
import subprocess
import time

GUEST_ADDRESS = "192.0.2.2"
SERVER_PORTS = range(5201, 5205)
READY_TIMEOUT = 15
CLIENT_TIMEOUT = 170


class TrafficError(Exception):
    """A generator or a capture failed; the text goes to the guest."""


def wait_for_text(path, pattern, child, timeout=READY_TIMEOUT):
    """Wait until a child has written something to a file."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        text = path.read_text(errors="replace")
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
    return " ".join(f"{key}={value}" for key, value in fields.items())


def _longest_gap(intervals):
    """Seconds of the longest run of intervals without a byte."""
    longest = current = 0.0
    for interval in intervals:
        part = interval["sum"]
        current = current + part["seconds"] if part["bytes"] == 0 else 0.0
        longest = max(longest, current)
    return longest


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
