# SPDX-License-Identifier: GPL-2.0-or-later
"""One run of one guest, from the namespace to the power-off."""

import contextlib
import dataclasses
import pathlib
import secrets
import subprocess
import time

import dhcp
import image
import iscsi
import lab
from control import ControlServer
from errors import StepError, VmtestError
from klog import emulator_failed
from log import Log
from machine import Boot
from procs import ProcessGroup
from vm import Blueprint, Vms

POWEROFF_PATIENCE = 40
# Seconds between two looks whether the emulator has failed
LOOK_INTERVAL = 10


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

    def __init__(self, qemus, kernel, system, spec, tests, out, on_line):
        """system: the modules of a guest of our own, or an image."""
        self._qemus = qemus
        self._kernel = kernel
        self._system = system
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
            boot = self._build(token, scratch)
            network = stack.enter_context(lab.Lab(self._spec.queue_pairs))
            processes = ProcessGroup()
            stack.callback(processes.stop_all)
            if self._spec.dhcp:
                dhcp.serve(processes, network.namespace, self._out)
            if self._spec.iscsi:
                iscsi.serve(processes, network.namespace, self._system.root, scratch,
                            self._out)
            blueprint = Blueprint(self._spec, boot, self._out, scratch, log)
            vms = Vms(blueprint, *self._qemus, network, processes)
            stack.callback(vms.close)
            vms.boot()
            self._boot(vms, network, processes, token, log)
        self._collect()
        return self._run

    def _build(self, token, scratch):
        kernel = self._kernel.to_boot(self._spec.suspend)
        if self._spec.image:
            initrd = image.lay_on(self._system, self._tests, self._spec, token,
                                  scratch)
            return Boot(kernel, initrd,
                        None if self._spec.iscsi else self._system.root)
        return Boot(kernel, image.build(self._kernel, self._system, self._tests,
                                        self._spec, token, scratch))

    def _boot(self, vms, network, processes, token, log):
        vm, started = vms.current, time.monotonic()
        control = ControlServer(vms, network, processes, self._out, log,
                                self._spec)
        try:
            if self._spec.vf:
                control.plug(self._spec.vf)
            control.start()
            vm.qmp.command("cont")
        except StepError as error:
            raise VmtestError(f"{error}: {vm.last_words()}") from error
        stream = ResultStream(token, self._run, self._on_line)
        self._listen(vms, stream, started)
        self._wait_poweroff(vms.current)
        self._run.console = vms.console_text()

    def _listen(self, vms, stream, started):
        """Read until the guest's last QEMU closes the line, or the time is over."""
        deadline = started + self._spec.timeout
        vm = vms.current
        while True:
            rest = deadline - time.monotonic()
            if rest <= 0:
                if not self._run.ended:
                    self._run.problem = (f"no end after {self._spec.timeout} s, "
                                         f"the guest is {vms.current.state()}")
                return
            vm.results.settimeout(min(rest, LOOK_INTERVAL))
            try:
                data = vm.results.recv(65536)
            except TimeoutError:
                problem = emulator_failed(vms.console_text(), vm.qemu_version)
                if problem:
                    self._run.problem = f"QEMU failed: {problem}"
                    return
                continue
            except ConnectionError:
                data = b""
            if not data:
                if vm is vms.current:
                    return
                vm = vms.current
                continue
            ended = self._run.ended
            stream.feed(data)
            if self._run.tests and self._run.boot_seconds is None:
                self._run.boot_seconds = time.monotonic() - started
            if self._run.ended and not ended:
                deadline = time.monotonic() + POWEROFF_PATIENCE

    def _wait_poweroff(self, vm):
        if self._run.problem:
            return
        try:
            # The line was closed, so QEMU is about to exit, if it can.
            vm.child.wait(1 if self._run.ended else 5)
        except subprocess.TimeoutExpired:
            self._run.problem = "the guest did not power off"
            return
        if vm.child.returncode:
            self._run.problem = (f"QEMU ended with {vm.child.returncode}: "
                                 f"{vm.last_words()}")
        elif not self._run.ended:
            self._run.problem = "the guest ended before its tests (see console.log)"

    def _collect(self):
        run = self._run
        for name, lines in run.sections.items():
            (self._out / f"{name}.txt").write_text("\n".join(lines) + "\n")
        (self._out / "results.ktap").write_text("".join(
            line + "\n" for test in run.tests.values() for line in test.lines))
