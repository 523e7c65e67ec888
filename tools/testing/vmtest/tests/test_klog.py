# SPDX-License-Identifier: GPL-2.0-or-later
"""What in a kernel's log is a failure."""

import re

import pytest

from klog import Scanner, emulator_failed


def log(*lines):
    """A log in which a test is running."""
    return "\n".join(["[    1.0] vmtest: start", "[    1.1] vmtest: begin a.sh",
                      *(f"[    2.{n}] {line}" for n, line in enumerate(lines))])


@pytest.mark.parametrize("line", [
    "WARNING: CPU: 0 PID: 1 at net/core/dev.c", "BUG: unable to handle",
    "NETDEV WATCHDOG: eth0", "unreferenced object 0xffff",
    "possible circular locking dependency detected",
])
def test_problems(line):
    assert Scanner().scan(log(line)) == [("a.sh", f"[    2.0] {line}")]


def test_what_is_allowed_and_what_came_before():
    assert not Scanner([re.compile("eth1: NETDEV")]).scan(
        log("eth1: NETDEV WATCHDOG"))
    assert not Scanner().scan("[    0.5] WARNING: of the firmware\n" + log("fine"))


def test_a_line_counts_once():
    scanner = Scanner()
    assert len(scanner.scan(log("WARNING: x"))) == 1
    assert not scanner.scan("<4>[    2.0] vmtest: start\n[    2.0] WARNING: x")


def test_a_reset_before_init_is_one():
    boots = log("vmtest: reboot") + "\n[ 0.0] Linux version 6.1\n" * 2
    assert "a reset before init" in Scanner().scan(boots)[0][1]


def test_power_off_complains_of_stock_virtio_net():
    line = "virtio_net virtio0: Unexpected TXQ (0) queue failure: -5"
    assert Scanner().scan(log(line))
    assert not Scanner().scan(log("vmtest: end", line))


def test_what_qemu_did():
    stall = ("(0 ticks this GP) x\nNMI backtrace for cpu 1\nEFLAGS: {}\n"
             "kthread timer wakeup didn't happen for 500 jiffies")
    assert emulator_failed(stall.format("00000246"), (10, 0))
    # Interrupts were off: that is the guest's own fault
    assert not emulator_failed(stall.format("00000046"), (10, 0))
    assert emulator_failed(stall.format("00000046") + "\n"
                           + stall.format("00000202"), (11, 0))
    assert emulator_failed("Oops: int3", (7, 2))
    assert not emulator_failed("Oops: int3", (10, 0))
    assert emulator_failed("", (10, 0), "iotlb_to_section: Assertion failed")
