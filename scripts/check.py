#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Build the module for each supported kernel, run the kselftests in guests of
each, side by side, and all that checks this repository itself beside them. Ends
with one line of counts.

--debug runs the tests on the debug kernel instead: all of them with virtio_net
as a module, and built in those for which that matters; those that are named, or
with VARIANTS="m y" all, in both.
"""

import argparse
import functools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
VMTEST = TOP / "tools/testing/vmtest"
TESTS = TOP / "tools/testing/selftests/drivers/net/virtio_net_bypass"
# Of what a kernel tree has not
OTHER_TESTS = ("tools/host-steps/tests", "packaging/tests")
LOGS = TOP / "build/check"
sys.path.insert(0, str(VMTEST))

# pylint: disable=wrong-import-position
import plan  # noqa: E402
import pool  # noqa: E402
import spec  # noqa: E402
from errors import VmtestError  # noqa: E402

# With several CPUs, TCG before QEMU 8.1 may keep code that a guest's kernel has
# patched meanwhile: guests hang, or die of "Oops: int3". Until QEMU 11, a CPU
# that writes to a device while another CPU changes the map of them, as it does
# at each hot-plug, may reach a wrong device: doorbells and timers get lost.
QEMUS = (10, 11)
# That each kernel's tests run by if it matters, the oldest kernel first: Debian
# 12's own for its own kernel, and Debian 13's
QEMU_OF_SYSTEM = (plan.OWN_QEMU, 10, 10)
# Debian 12's, and that of its backports
LIBVIRTS = (9, 11)
# Whose kernel each series is
IMAGES = {"6.1": "debian-12", "6.12": "debian-13"}
# igbvf has its own test there, and the others on newer ones
OLDEST_MODELS = "BYPASS_MODELS=e1000e vmxnet3 virtio-net-pci"
DEBUG_OPTIONS = [
    "--timeout", "1500", "--append", "kasan_multi_shot",
    "--env", "BYPASS_WAIT=180", "--env", "BYPASS_STREAM_SECONDS=60",
    "--env", "BYPASS_SWITCHES=5", "--env", "BYPASS_STORM_DELAY=4000000",
    "--virtio-opts", "x-txtimer=500000000", "--env", "BYPASS_TXTIMER=500000000",
]
# What the debug kernel has not, or cannot do
DEBUG_SKIPS = re.compile("is built in|lockdep|without RCU|CONFIG_FUNCTION_TRACER")


def die(text):
    """End with one line."""
    sys.exit(f"check.py: {text}")


def output(*command):
    """What a script of ours prints; it has said what was wrong if it fails."""
    done = subprocess.run([str(word) for word in command], check=False,
                          stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout.strip()


def script(name, *arguments):
    """Of scripts/."""
    return output(TOP / "scripts" / name, *arguments)


def supported_series():
    """The oldest first."""
    return sorted((path.name for path in (TOP / "patches").iterdir()),
                  key=lambda name: [int(part) for part in name.split(".")])


@functools.cache
def package():
    """What configures a guest's system for the driver, of today's sources."""
    script("build-deb.sh")
    return next((TOP / "build/deb").glob("virtio-net-bypass_*.deb"))


@functools.cache
def image_of(name, directory, module, initrd):
    """Where a distribution's system with the package lies."""
    maker = ["--initrd", initrd] if initrd else []
    return script("debian-image.sh", "--module", module, "--package", package(),
                  *maker, name, directory)


def system_of(series, models, tests, qemu):
    """A kernel of Debian's, with the module built for it and what tests want."""
    directory = pathlib.Path(script("fetch-kernel.sh", series))
    release = (directory / "release").read_text(encoding="utf-8").strip()
    script("build-modules.sh", "--tests", "--kernel-dir", directory, release)
    options = ["--kernel-dir", str(directory)]
    built = TOP / "build" / release
    for module in [*built.glob("*.ko"), *built.glob("test_modules/*.ko")]:
        options += ["--module", str(module)]
    if models:
        options += ["--env", models]
    kernel_tests = image = None
    if any(test.needs.kernel_tests for test in tests):
        kernel_tests = script("kernel-tests.sh", series)
    if series in IMAGES:
        image = IMAGES[series], functools.partial(
            image_of, IMAGES[series], directory, built / "virtio_net.ko")
    return plan.System(series, options, qemu, kernel_tests, image=image)


def debug_systems(names):
    """The debug kernel, with virtio_net as a module and built in."""
    directory = script("debug-kernel.sh", "--variant", "both")
    variants = os.environ.get("VARIANTS")
    return [plan.System(f"debug-{variant}",
                        ["--kernel-dir", f"{directory}/{variant}"] + DEBUG_OPTIONS,
                        qemu=max(QEMU_OF_SYSTEM), debug=True, skips=[DEBUG_SKIPS],
                        built_in=variant == "y" and not (variants or names))
            for variant in (variants or "m y").split()]


def own_jobs(kernel_dir):
    """What checks the scripts, the sources and the runner."""
    def job(name, *command, seconds=60):
        return plan.Job(name, [str(word) for word in command], seconds)

    scripts = TOP / "scripts"
    return [
        job("ground", scripts / "ground-test.sh"),
        job("style", scripts / "style.sh", seconds=200),
        job("series", scripts / "export-series.sh"),
        # Each libvirt has its turn
        job("hybrid", scripts / "hybrid-test.sh", LIBVIRTS[commits() % len(LIBVIRTS)],
            seconds=600),
        job("hybrid-unit", scripts / "hybrid-test.sh", "unit"),
        job("unit", "pytest-3", "-q", "-p", "no:cacheprovider",
            VMTEST / "tests"),
        job("selfcheck", VMTEST / "selfcheck.sh", "--kernel-dir", kernel_dir,
            seconds=300),
    ]


def commits():
    """How many there are: a number that changes with each of them."""
    done = subprocess.run(["git", "-C", TOP, "rev-list", "--count", "HEAD"],
                          check=False, capture_output=True, text=True)
    return int(done.stdout) if done.returncode == 0 else 0


def selected(names):
    """The tests of these names, or all."""
    tests = plan.selftests(TESTS / "Makefile")
    tests += [spec.Test(path) for directory in OTHER_TESTS
              for path in sorted((TOP / directory).glob("*.sh"))
              if not path.stem.endswith("_lib")]
    unknown = set(names) - {test.path.stem for test in tests}
    if unknown:
        die(f"no test {', '.join(sorted(unknown))}")
    return [test for test in tests if not names or test.path.stem in names]


def make_plan(arguments):
    """The jobs, and how many side by side."""
    full = arguments.full or bool(os.environ.get("BYPASS_FULL"))
    tests = selected([name.removesuffix(".sh") for name in arguments.tests])
    qemus = {major: script("fetch-qemu.sh", str(major)) for major in QEMUS}
    if arguments.debug:
        systems = debug_systems(arguments.tests)
    else:
        systems = [system_of(name, None if full or number else OLDEST_MODELS,
                             tests, QEMU_OF_SYSTEM[number])
                   for number, name in enumerate(supported_series())]
    # What is named runs, whosever turn it is
    todo = plan.Plan(systems, qemus, LOGS, full,
                     None if arguments.tests else commits())
    jobs, left_out = todo.jobs(tests)
    if not arguments.debug and not arguments.tests:
        jobs += own_jobs(systems[-1].options[1])
    # Guests wait now and then
    return jobs, left_out, (os.cpu_count() or 1) + (not arguments.debug)


def run(jobs, side_by_side):
    """The pool after all of them."""
    lot = pool.Pool(LOGS, lambda line: print(line, flush=True))
    for alone in (False, True):
        some = [job for job in jobs if job.alone == alone]
        number = 1 if alone else side_by_side
        if some:
            print(f"== {len(some)} jobs, {number} side by side", file=sys.stderr)
            lot.run(some, number)
    lot.run_again([job for job in jobs if job.guest])
    return lot


def interrupted(number, _frame):
    """Unwind once."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def main():
    """Whether all passed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--debug", action="store_true")
    parser.add_argument("--full", action="store_true",
                        help="the long storms at their full count")
    parser.add_argument("tests", nargs="*", metavar="TEST",
                        help='a name without ".sh"')
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    start = time.monotonic()
    try:
        output("make", "-s", "-C", TESTS, "xdp.bpf.o", "xsk.bpf.o", "xsk")
        jobs, left_out, side_by_side = make_plan(arguments)
    except VmtestError as error:
        die(error)
    if LOGS.exists():
        shutil.rmtree(LOGS)
    lot = run(jobs, int(os.environ.get("JOBS") or side_by_side))

    # Down here, for whoever sees no more than the end of thousands of lines
    for line in lot.quotes + lot.failures + lot.flaky:
        print(line)
    for name in left_out:
        print(f"# its turn is another one: {name}")
    seconds = int(time.monotonic() - start)
    print(f"== took {seconds // 60} min {seconds % 60} s, guests and others "
          f"{lot.seconds / 60:.0f} min", file=sys.stderr)
    print(lot.summary())
    return 0 if lot.counts["passed"] and not lot.counts["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
