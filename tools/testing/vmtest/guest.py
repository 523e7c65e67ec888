# SPDX-License-Identifier: GPL-2.0-or-later
"""One run of one guest, from the namespace to the power-off."""

import contextlib
import dataclasses
import pathlib
import secrets
import socket
import subprocess
import time

import image
import lab
import machine
from control import ControlServer
from errors import VmtestError
from log import Log
from procs import ProcessGroup
from qmp import QmpClient, QmpError

POWEROFF_PATIENCE = 40


@dataclasses.dataclass
class TestRun:
    """What a guest said about one test."""

    name: str
    lines: list = dataclasses.field(default_factory=list)
    status: int = None
    timed_out: bool = False


@dataclasses.dataclass
class GuestRun:
    """What a guest said at all."""

    tests: dict = dataclasses.field(default_factory=dict)
    sections: dict = dataclasses.field(default_factory=dict)
    boot_seconds: float = None
    ended: bool = False
    problem: str = None
    console: str = ""


class ResultStream:
    """Parses what comes from ttyS1 (guest/init describes it)."""

    def __init__(self, token, run, on_line):
        self._prefix = f"@@{token} "
        self._run = run
        self._on_line = on_line
        self._rest = b""
        self._test = None
        self._section = None

    def feed(self, data):
        """Take some bytes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line.decode(errors="replace").rstrip("\r"))

    def _take(self, line):
        # A test that wrote half a line must not hide a word of init.
        text, marker, word = line.partition(self._prefix)
        if text or not marker:
            self._take_text(text)
        if marker:
            self._take_word(*word.partition(" ")[::2])

    def _take_text(self, text):
        if self._section is not None:
            self._section.append(text)
        elif self._test:
            self._test.lines.append(text)
            self._on_line(self._test.name, text)

    def _take_word(self, word, value):
        run = self._run
        if word == "begin":
            if value in run.tests:
                self._on_line(value, "# rebooted, the results begin anew")
            self._test = run.tests[value] = TestRun(value)
        elif word == "exit" and self._test:
            self._test.status = int(value)
            self._test = None
        elif word == "timeout" and self._test:
            self._test.timed_out = True
        elif word == "section":
            self._section = run.sections.setdefault(value, [])
        elif word == "section-end":
            self._section = None
        elif word == "end":
            run.ended = True


class Guest:
    """Boots a guest, runs its tests, and leaves nothing behind."""

    def __init__(self, qemu, kernel, modules, spec, tests, out, on_line):
        self._qemu = qemu
        self._kernel = kernel
        self._modules = modules
        self._spec = spec
        self._tests = tests
        self._out = pathlib.Path(out)
        self._on_line = on_line
        self._run = GuestRun()

    def run(self):
        """The GuestRun; its files are in the out directory."""
        self._out.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            scratch = pathlib.Path(stack.enter_context(lab.scratch_directory()))
            log = stack.enter_context(contextlib.closing(
                Log(self._out / "control.log")))
            token = secrets.token_hex(8)
            initrd = image.build(self._kernel, self._modules, self._tests,
                                 self._spec, token, scratch)
            network = stack.enter_context(lab.Lab(self._spec.queue_pairs))
            processes = ProcessGroup()
            stack.callback(processes.stop_all)
            self._boot(stack, processes, network, initrd, token, log)
        self._collect()
        return self._run

    def _boot(self, stack, processes, network, initrd, token, log):
        ends = {}
        for name in ("qmp", "results", "control"):
            ours, theirs = socket.socketpair()
            stack.callback(ours.close)
            ends[name] = (ours, stack.enter_context(theirs))
        child = self._start_qemu(processes, network, initrd, ends, log)
        started = time.monotonic()
        for _, theirs in ends.values():
            theirs.close()
        qmp = QmpClient(ends["qmp"][0], log)
        stack.callback(qmp.close)
        try:
            qmp.open()
            control = ControlServer(ends["control"][0], qmp, network, processes,
                                    self._out, log,
                                    machine.standby_properties(self._spec),
                                    self._spec.reboots)
            if self._spec.vf:
                control.plug(self._spec.vf)
            control.start()
            qmp.command("cont")
        except (QmpError, VmtestError) as error:
            raise VmtestError(f"{error}: {self._qemu_words()}") from error
        stream = ResultStream(token, self._run, self._on_line)
        self._listen(ends["results"][0], stream, started)
        self._wait_poweroff(child)

    def _start_qemu(self, processes, network, initrd, ends, log):
        descriptors = {name: pair[1].fileno() for name, pair in ends.items()}
        argv = machine.command_line(
            self._qemu, self._spec, self._kernel.image, initrd,
            machine.Channels(**descriptors), self._out / "console.log")
        log.write("qemu: " + " ".join(argv))
        with open(self._out / "qemu.log", "w", encoding="utf-8") as output:
            return processes.start(argv, network.namespace, self._qemu.env,
                                   stdout=output, stderr=subprocess.STDOUT,
                                   pass_fds=list(descriptors.values()))

    def _qemu_words(self):
        lines = (self._out / "qemu.log").read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line), "nothing in qemu.log")

    def _listen(self, sock, stream, started):
        """Read until QEMU closes the line, or the time is over."""
        deadline = started + self._spec.timeout
        while True:
            rest = deadline - time.monotonic()
            if rest <= 0:
                if not self._run.ended:
                    self._run.problem = f"no end after {self._spec.timeout} s"
                return
            sock.settimeout(rest)
            try:
                data = sock.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                return
            if not data:
                return
            ended = self._run.ended
            stream.feed(data)
            if self._run.tests and self._run.boot_seconds is None:
                self._run.boot_seconds = time.monotonic() - started
            if self._run.ended and not ended:
                deadline = time.monotonic() + POWEROFF_PATIENCE

    def _wait_poweroff(self, child):
        if self._run.problem:
            return
        try:
            # The line was closed, so QEMU is about to exit, if it can.
            child.wait(1 if self._run.ended else 5)
        except subprocess.TimeoutExpired:
            self._run.problem = "the guest did not power off"
            return
        if child.returncode:
            self._run.problem = (f"QEMU ended with {child.returncode}: "
                                 f"{self._qemu_words()}")
        elif not self._run.ended:
            self._run.problem = "the guest ended before its tests (see console.log)"

    def _collect(self):
        run = self._run
        console = self._out / "console.log"
        if console.exists():
            run.console = console.read_text(errors="replace")
        for name, lines in run.sections.items():
            (self._out / f"{name}.txt").write_text("\n".join(lines) + "\n")
        (self._out / "results.ktap").write_text("".join(
            line + "\n" for test in run.tests.values() for line in test.lines))
