# SPDX-License-Identifier: GPL-2.0-or-later
"""The QEMU processes of a guest: one, or more of them in turn if it migrates."""

import contextlib
import dataclasses
import pathlib
import signal
import socket
import subprocess

import machine
from errors import CommandError, StepError, VmtestError
from hoststeps.migration import Migration
from hoststeps.qmp import QmpClient, QmpError
from nics import Nics
from procs import signal_group

QUIT_PATIENCE = 10


@dataclasses.dataclass
class Blueprint:
    """What all QEMUs of a guest have in common."""

    spec: object
    boot: machine.Boot
    out: pathlib.Path
    scratch: pathlib.Path
    log: object


class Vm:
    """One QEMU in the lab. It waits for its start, or for a guest to come in."""

    def __init__(self, blueprint, qemu, place, network, processes, number=1):
        suffix = "" if number == 1 else f"-{number}"
        self.console = blueprint.out / f"console{suffix}.log"
        # For the programs of a host: the runner has a monitor of its own
        self.monitor = blueprint.scratch / f"qmp{suffix}"
        self._words = blueprint.out / f"qemu{suffix}.log"
        self._blueprint = blueprint
        self._qemu = qemu
        self.place = place
        self._network = network
        self._processes = processes
        self._log = blueprint.log
        self._sockets = []
        self.qmp = self.results = self.control = self.child = self.nics = None

    def start(self):
        """Start the process, and talk to it."""
        ends = {name: socket.socketpair() for name in ("qmp", "results", "control")}
        self._sockets = [ours for ours, _ in ends.values()]
        try:
            self.child = self._start(
                {name: theirs.fileno() for name, (_, theirs) in ends.items()})
        finally:
            for _, theirs in ends.values():
                theirs.close()
        self.results, self.control = ends["results"][0], ends["control"][0]
        self.qmp = QmpClient(ends["qmp"][0], self._log)
        self.nics = Nics(self.qmp, self._network, self.place,
                         machine.standby_properties(self._blueprint.spec, self.place))
        try:
            self.qmp.open()
        except QmpError as error:
            raise VmtestError(f"{error}: {self.last_words()}") from error

    def _start(self, descriptors):
        blueprint = self._blueprint
        argv = machine.command_line(
            self._qemu, blueprint.spec, self.place, blueprint.boot,
            machine.Channels(**descriptors), self.console, self.monitor)
        self._log.write("qemu: " + " ".join(argv))
        with open(self._words, "w", encoding="utf-8") as output:
            return self._processes.start(
                argv, self._network.namespace, self._qemu.env, stdout=output,
                stderr=subprocess.STDOUT, pass_fds=list(descriptors.values()))

    @property
    def qemu_version(self):
        """Of the QEMU that runs here."""
        return self._qemu.version

    def state(self):
        """What QEMU says that its guest is, "running" if nothing is amiss."""
        try:
            return self.qmp.command("query-status")["status"]
        except StepError as error:
            return f"unknown ({error})"

    def last_words(self):
        """What QEMU said at last, for an error."""
        lines = self._words.read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line),
                    f"nothing in {self._words.name}")

    def console_text(self):
        """What the guest's kernel said here."""
        if not self.console.exists():
            return ""
        return self.console.read_text(errors="replace")

    def leave(self):
        """The guest is elsewhere: its readers get what came, and then the end."""
        for sock in (self.results, self.control):
            sock.shutdown(socket.SHUT_RD)

    def stop(self):
        """End the process; what it has sent can still be read."""
        with contextlib.suppress(StepError):
            self.qmp.command("quit")
        try:
            self.child.wait(QUIT_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def suspend(self):
        """The host has no time for the process."""
        signal_group(self.child, signal.SIGSTOP)

    def resume(self):
        """It has."""
        signal_group(self.child, signal.SIGCONT)

    def kill(self):
        """End it without a word, as a host that fails."""
        self._processes.stop(self.child)

    def close(self):
        """Give the sockets back."""
        if self.qmp:
            self.qmp.close()
        for sock in self._sockets:
            sock.close()


class Vms:
    """Where a guest runs now, and where it may go."""

    def __init__(self, blueprint, qemu, newer_qemu, network, processes):
        self._blueprint = blueprint
        self._qemus = {"same": qemu, "new": newer_qemu}
        self._network = network
        self._processes = processes
        self._all = []
        self._migration = None
        self._uri = None
        self._source = self.target = self.current = None

    def boot(self):
        """The first one, whose guest does not run yet."""
        qemu = self._qemus["same"]
        self.current = self._add(qemu, machine.Place(qemu.machine))

    def _add(self, qemu, place):
        vm = Vm(self._blueprint, qemu, place, self._network, self._processes,
                len(self._all) + 1)
        self._all.append(vm)
        vm.start()
        return vm

    def add_target(self, vf=None, qemu="same", receive=True):
        """A QEMU on the other host, in which the guest would find its NICs, or
        one that was not told of them nor of the guest."""
        if self.target:
            raise CommandError("there is a target already")
        if not self._qemus.get(qemu):
            raise CommandError(f"no QEMU '{qemu}'")
        if self._source:
            self._source.stop()
            self._source = None
        source = self.current
        place = machine.Place(source.place.machine, 1 - source.place.site, True)
        self._network.add_site(place.site)
        self.target = self._add(self._qemus[qemu], place)
        if not receive:
            return
        source.nics.offer_again(self.target.nics, vf)
        self._uri = f"unix:{self._blueprint.scratch}/migration-{len(self._all)}"
        self.target.qmp.command("migrate-incoming", {"uri": self._uri})

    def drop_target(self):
        """The other host fails."""
        if self.target:
            self.target.kill()
            self.target = None

    def migrate(self, uri=None):
        """Begin to send the guest away, to the target if not elsewhere."""
        if not uri and not self.target:
            raise CommandError("there is no target")
        self._migration = Migration(self.current.qmp)
        self._migration.start(uri or self._uri)

    def arrived(self):
        """Go on at the target, to which somebody else has sent the guest."""
        if not self.target:
            raise CommandError("there is no target")
        self.arrive(True)

    @property
    def migration(self):
        """The one that was begun last."""
        if not self._migration:
            raise CommandError("no migration was begun")
        return self._migration

    def arrive(self, moved):
        """After the end of a migration: go on where the guest runs now.

        The source stays until its taps are needed: elsewhere it would be on a
        machine of its own, and here its end would take a CPU from a guest that
        has just begun to run.
        """
        self._migration = None
        if not moved:
            self.drop_target()
            return
        self._source, self.current, self.target = self.current, self.target, None
        self._source.leave()

    def console_text(self):
        """The console of the guest in all its QEMUs."""
        return "".join(vm.console_text() for vm in self._all)

    def close(self):
        """Give all sockets back; the processes are ended by who started them."""
        for vm in self._all:
            vm.close()
