#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run kernel tests in emulated guests.

Boots one guest per TEST (a script in the style of kselftest), runs it there
and prints its results as KTAP. README.md describes guests and tests.
"""

import argparse
import atexit
import pathlib
import re
import signal
import sys
import tempfile
import time

import ktap
import lab
import verdict
from distro import Image
from errors import StepError, VmtestError
from guest import Guest
from kernel import Kernel
from klog import emulator_failed
from machine import Qemu
from procs import need_tools
from spec import Spec, Test

# Boots of a guest that QEMU fails
ATTEMPTS = 3
TOOLS = ("ip", "bridge", "nsenter", "setpriv", "sysctl", "iperf3", "tcpdump", "cpio")


class Interrupted(BaseException):
    """A signal asked the runner to stop."""

    def __init__(self, number):
        super().__init__()
        self.number = number


def parse_arguments(argv):
    """The options, and as "spec" those that stand for a header's key."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("tests", nargs="+", metavar="TEST")
    parser.add_argument("--kernel-dir", required=True, metavar="DIR",
                        help="unpacked linux-image package, or vmlinuz + lib/modules")
    parser.add_argument("--module", action="append", default=[], metavar="KO",
                        help="replace the guest's module of that name")
    parser.add_argument("--image", metavar="DIR",
                        help="a distribution's root, as debian-image.sh makes it, "
                        "for tests that ask for it; modules are as they are there")
    parser.add_argument("--together", action="store_true",
                        help="run all tests in one guest")
    parser.add_argument("--qemu", metavar="PATH")
    parser.add_argument("--qemu-dir", metavar="DIR",
                        help="a QEMU unpacked with all its libraries")
    parser.add_argument("--target-qemu-dir", metavar="DIR",
                        help="an unpacked newer QEMU to which guests may migrate")
    parser.add_argument("--out", metavar="DIR", help="where the logs go "
                        "(default: a temporary directory, kept after a failure)")
    parser.add_argument("--add", action="append", default=[], metavar="DIR",
                        help="what DIR holds, at the guest's root")
    asked = parser.add_argument_group("what a test's header may ask for, too")
    asked.add_argument("--smp", type=int, metavar="N", help="CPUs (2)")
    asked.add_argument("--memory", type=int, metavar="MB", help="memory (1024)")
    asked.add_argument("--queue-pairs", type=int, metavar="N",
                       help="queue pairs of the virtio NIC (1)")
    asked.add_argument("--timeout", type=int, metavar="S", help="limit per guest (300)")
    asked.add_argument("--vf", metavar="MODEL",
                       help="a failover pair's VF from the start")
    asked.add_argument("--vf-boot", metavar="MODEL",
                       help="a VF at boot, before virtio, unpaired")
    asked.add_argument("--no-failover", dest="failover", action="store_false",
                       default=None, help="do not offer feature bit 62")
    asked.add_argument("--icount", action="store_true", default=None,
                       help="deterministic clock, one CPU")
    asked.add_argument("--virtio-opts", action="append", default=[], metavar="K=V,..")
    asked.add_argument("--append", action="append", default=[], metavar="WORDS",
                       help="for the kernel's command line")
    asked.add_argument("--env", action="append", default=[], metavar="NAME=VALUE",
                       help="for the test's environment")
    options = parser.parse_args(argv)
    check_arguments(parser, options)
    options.spec = Spec(**{name: getattr(options, name) for name in (
        "smp", "memory", "queue_pairs", "timeout", "vf", "vf_boot", "failover",
        "icount", "virtio_opts", "append", "env", "add")})
    return options


def check_arguments(parser, options):
    """Refuse values that would only fail in the guest."""
    for name in ("smp", "memory", "queue_pairs", "timeout"):
        value = getattr(options, name)
        if value is not None and value < 1:
            parser.error(f"--{name.replace('_', '-')} must be positive")
    for item in options.add:
        if not pathlib.Path(item).is_dir():
            parser.error(f"--add {item}: no such directory")
    for item in options.env:
        if not re.match(r"^[A-Za-z_]\w*=", item):
            parser.error(f"--env {item}: not NAME=VALUE")


def plan_guests(tests, options):
    """Which guests to boot: (name, settings, tests) of each."""
    if not options.together:
        return [(test.path.stem, test.spec.override(options.spec).complete(), [test])
                for test in tests]
    names = [test.name for test in tests]
    if len(set(names)) != len(names):
        raise VmtestError("--together: two tests have the same name")
    for test in tests:
        if test.spec.reboots:
            raise VmtestError(f"--together: {test.name} reboots the guest")
    joined = tests[0].spec
    for test in tests[1:]:
        joined = joined.join(test.spec)
    return [("together", joined.override(options.spec).complete(), tests)]


class Runner:
    """Runs the guests one after the other and prints the results."""

    def __init__(self, options, tests):
        self._options = options
        self._kernel = Kernel(options.kernel_dir)
        self._image = Image(options.image) if options.image else None
        if self._image:
            self._image.check(self._kernel)
        for module in options.module:
            if not pathlib.Path(module).is_file():
                raise VmtestError(f"no module {module}")
        self._qemu = Qemu(options.qemu, options.qemu_dir)
        self._target_qemu = (Qemu(None, options.target_qemu_dir)
                             if options.target_qemu_dir else None)
        self._guests = plan_guests(tests, options)
        self._out = pathlib.Path(options.out or tempfile.mkdtemp(prefix="vmtest-out-"))
        self._results = []
        self._failures = []
        self._number = 0

    def run(self):
        """Run all; whether none failed."""
        say("KTAP version 1")
        say(f"1..{sum(len(tests) for _, _, tests in self._guests)}")
        used = set()
        for name, spec, tests in self._guests:
            while name in used:
                name += "+"
            used.add(name)
            self._run_guest(name, spec, tests)
        for failure in self._failures:
            say(f"# failed: {failure}")
        if self._failures or self._options.out:
            say(f"# logs: {self._out}")
        say(ktap.summary(self._results))
        return not self._failures

    def _run_guest(self, name, spec, tests):
        version = ".".join(map(str, self._qemu.version))
        say(f"# guest {name}: Linux {self._kernel.release}, QEMU {version}")
        missing = self._missing(spec)
        if missing:
            for test in tests:
                self._report(test.name, [(ktap.SKIPPED, missing)], [])
            return
        try:
            start = time.monotonic()
            for left in reversed(range(ATTEMPTS)):
                run = self._boot(name, spec, tests)
                failure = emulator_failed(run.console, self._qemu.version,
                                          run.problem)
                if not failure or not left:
                    break
                say(f"# QEMU failed, {failure}: the guest boots again")
        except StepError as error:
            for test in tests:
                self._report(test.name, [(ktap.FAILED, str(error))], [])
            return
        if run.boot_seconds:
            say(f"# boot {run.boot_seconds:.1f} s, all {time.monotonic() - start:.0f} s")
        verdicts, notes = verdict.judge(tests, spec, run)
        for test in tests:
            self._report(test.name, verdicts[test.name], notes[test.name])

    def _missing(self, spec):
        """Why the guest cannot have what its test asks for; None: it can."""
        if spec.qemu and self._qemu.version[0] < spec.qemu:
            return f"needs QEMU {spec.qemu}"
        if spec.target_qemu and (
                not self._target_qemu
                or self._target_qemu.version[0] < spec.target_qemu):
            return f"needs --target-qemu-dir with QEMU {spec.target_qemu}"
        if spec.image and (not self._image or self._image.name != spec.image):
            return f"needs --image with {spec.image}"
        return None

    def _boot(self, name, spec, tests):
        return Guest((self._qemu, self._target_qemu), self._kernel,
                     self._image if spec.image else self._options.module,
                     spec, tests, self._out / name,
                     lambda _, line: say(ktap.nested(line))).run()

    def _report(self, name, results, notes):
        self._number += 1
        for note in notes:
            say(f"    # {note}")
        for outcome, text in results:
            if outcome == ktap.FAILED:
                self._failures.append(f"{name}: {text}")
        self._results += results
        say(ktap.result_line(self._number, results, name))

    def drop_logs(self):
        """Remove the default directory of a run in which nothing failed."""
        if not self._options.out:
            # Only files and directories of this run are in there.
            for path in sorted(self._out.rglob("*"), reverse=True):
                if path.is_dir():
                    path.rmdir()
                else:
                    path.unlink()
            self._out.rmdir()


def say(text):
    """Print a line at once, so that a pipe's reader can follow."""
    print(text, flush=True)


def stop_by_signal(number, _frame):
    """Unwind the main thread once; nothing may interrupt the cleaning up."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    raise Interrupted(number)


def main(argv):
    """The exit status: 0 all passed, 1 a failure, 2 could not run."""
    options = parse_arguments(argv)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop_by_signal)
    try:
        lab.check_host()
        need_tools(TOOLS)
        tests = [Test(path) for path in options.tests]
        lab.remove_stale()
        atexit.register(lab.remove_own)
        runner = Runner(options, tests)
        if not runner.run():
            return 1
        runner.drop_logs()
        return 0
    except StepError as error:
        print(f"vmtest: {error}", file=sys.stderr)
        return 2
    except Interrupted as interrupted:
        print("vmtest: interrupted, cleaned up", file=sys.stderr)
        return 128 + interrupted.number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
