# SPDX-License-Identifier: GPL-2.0-or-later
"""Which guests a check of many tests boots, and with what."""

import collections
import dataclasses
import pathlib
import re

import spec

RUNNER = pathlib.Path(__file__).with_name("vmtest.py")
# A full run takes so much longer than a quick one
FULL_FACTOR = 12
# Debian 12's own, which needs no directory
OWN_QEMU = 7


@dataclasses.dataclass
class System:
    """A kernel that the tests run on, and how vmtest.py gets it."""

    label: str
    options: list
    # The QEMU for what depends on it; each kernel has another one
    qemu: int = OWN_QEMU
    # Of the kernel's own tests, as --add takes them
    kernel_tests: str = None
    debug: bool = False
    # Only for tests to which it matters that virtio_net is no module
    built_in: bool = False
    # A distribution whose kernel it is: a name, and what says where its image
    # lies, by who makes its initramfs; it takes minutes to make, so only who needs
    # it asks
    image: tuple = None
    # Patterns of what any test may skip there
    skips: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Job:
    """A command whose output is KTAP or ends with counts."""

    name: str
    command: list
    # Its limit: what may take long begins first
    seconds: int = 300
    alone: bool = False
    # Patterns of what may be skipped
    skips: list = dataclasses.field(default_factory=list)
    # It boots one, whose time others may take
    guest: bool = False


@dataclasses.dataclass
class Plan:
    """Tests in guests of some systems, by some QEMUs."""

    systems: list
    # Where each QEMU is, by its major version; the newest emulates best
    qemus: dict
    logs: pathlib.Path
    full: bool = False
    # Which of those guests that take turns boot this time; None: all of them
    turn: int = None

    def jobs(self, tests):
        """All guests, and the names of those that are not booted this time."""
        jobs, left_out = [], []
        # How many take turns, by how many turns there are
        waiting = collections.Counter()
        for system in self.systems:
            for test in tests:
                if not self._is_for(test, system):
                    continue
                number = waiting[test.needs.turns]
                waiting[test.needs.turns] += 1
                if self._has_turn(test, number):
                    jobs += [self._job(test, system, qemu)
                             for qemu in self._qemus_for(test, system)]
                else:
                    left_out.append(f"{system.label}/{test.path.stem}")
        return jobs, left_out

    def _is_for(self, test, system):
        if system.debug and not test.needs.debug:
            return False
        if test.needs.newest and system is not self.systems[-1]:
            return False
        if test.spec.image and (system.image or [""])[0] != test.spec.image:
            return False
        return test.needs.built_in or not system.built_in

    def _has_turn(self, test, number):
        turns = test.needs.turns
        return (self.full or self.turn is None
                or self.turn % turns == number % turns)

    def _qemus_for(self, test, system):
        """Where two QEMUs take part the older one is Debian's own."""
        if test.spec.target_qemu:
            return [OWN_QEMU]
        if not test.needs.qemu_matters:
            return [max(self.qemus)]
        if self.full:
            return [OWN_QEMU] + sorted(self.qemus)
        return [system.qemu]

    def _job(self, test, system, qemu):
        name = f"{system.label}/{test.path.stem}"
        if qemu != max(self.qemus):
            name += f"-qemu{qemu}"
        seconds = test.spec.complete().timeout
        command = [str(RUNNER)] + system.options
        if self.full:
            seconds *= FULL_FACTOR
            command += ["--env", "BYPASS_FULL=1", "--timeout", str(seconds)]
        if qemu != OWN_QEMU:
            command += ["--qemu-dir", str(self.qemus[qemu])]
        if test.spec.target_qemu:
            newer = min(major for major in self.qemus
                        if major >= test.spec.target_qemu)
            command += ["--target-qemu-dir", str(self.qemus[newer])]
        if test.needs.kernel_tests:
            command += ["--add", str(system.kernel_tests)]
        if test.spec.image:
            command += ["--image", str(system.image[1](test.spec.initrd))]
        command += ["--out", str(self.logs / name), str(test.path)]
        return Job(name, command, seconds, test.needs.alone,
                   test.needs.skips + system.skips, guest=True)


def selftests(makefile):
    """The tests that a kernel tree runs, by the Makefile of their directory."""
    makefile = pathlib.Path(makefile)
    text = makefile.read_text(encoding="utf-8").replace("\\\n", " ")
    programs = re.search(r"^TEST_PROGS\s*:?=(.*)$", text, re.MULTILINE)[1]
    return [spec.Test(makefile.with_name(name)) for name in programs.split()]
