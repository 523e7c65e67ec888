# SPDX-License-Identifier: GPL-2.0-or-later
"""Find what a healthy kernel does not say."""

import re

PROBLEMS = re.compile("|".join((
    r"\] RIP: ", r"Call Trace:", r"WARNING: ", r"BUG: ", r"Oops",
    r"INFO: rcu", r"rcu: INFO", r"ref_tracker: ",
    r"unregister_netdevice: waiting", r"unreferenced object 0x",
    r"asks to queue packet", r"NETDEV WATCHDOG",
    r"possible circular locking", r"possible recursive locking",
    r"suspicious RCU usage", r"inconsistent lock state", r"hung task",
    r"blocked for more than", r"Unexpected TXQ", r"KASAN", r"UBSAN",
    r"Kernel panic", r"general protection fault", r"scheduling while atomic",
    r"sleeping function called from invalid context",
)))
MARKER = re.compile(r"vmtest: (start|begin|timeout|end|reboot)(?: (\S+))?\s*$")
# The next boot of a guest that rebooted.
FIRST_LINE = re.compile(r"\] Linux version \d")
# The kernel breaks virtio devices at power-off or reboot with their netdevs up;
# stock virtio_net complains of the next packet.
AT_POWER_OFF = re.compile(r"Unexpected TXQ \(\d+\) queue failure: -5")
# A CPU to which no tick came for long, though it takes interrupts (bit 9 of
# EFLAGS) or idles: the emulator lost that of its timer, which the kernel then
# waits for for ever. A CPU that is kept busy has its ticks, unless its interrupts
# are off.
LOST_TIMER = re.compile(
    r"\(0 ticks this GP\).*?NMI backtrace for cpu "
    r"(?:\d+ skipped: idling|.*?EFLAGS: ([0-9a-f]{8}))"
    r".*?kthread timer wakeup didn't happen for \d+ jiffies", re.S)
EFLAGS_IF = 0x200
# A CPU that did not start, at the wake-up from a sleep, as 6.1 and 6.12 say it
LOST_CPU = re.compile(r"CPU\d+ failed to report alive state"
                      r"|do_boot_cpu failed\(-?\d+\) to wakeup CPU")
# A CPU that does not get past a jump by a static key: a jmp or a nop of 5 bytes
STUCK_AT_JUMP = re.compile(r"soft lockup(?:(?!Code:).)*"
                           r"Code: [0-9a-f ]*<(?:e9>|0f> 1f 44 00 00)", re.S)
# Reports of checkers about 6.12 as it comes.
#
# lockdep, at the first hot-plug by pciehp, whatever the device: it drops reset_lock
# while it holds pci_rescan_remove_lock, and takes it again. lockdep says nothing
# any more after that.
#
# KASAN, when "ethtool -G" makes a new ring for a virtio NIC under traffic: no
# interrupt is disabled for that, and one that was on its way looks into the old
# ring.
OF_OTHERS = re.compile(
    r"[^\n]*possible circular locking dependency detected\n"
    r"(?:(?![^\n]*possible circular)[^\n]*\n){1,8}"
    r"[^\n]*\(&ctrl->reset_lock\)[^\n]*, at: pciehp_configure_device"
    r".*?</TASK>"
    r"|[^\n]*BUG: KASAN: [a-z-]+ in vring_interrupt\+.*?={40}", re.S)
# "<6>", "[    1.234567]" and, with CONFIG_PRINTK_CALLER, "[    T1]".
PREFIX = re.compile(r"^(?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?")


def emulator_failed(console, qemu_version, problem=None):
    """What QEMU did wrong to a guest, as its console tells, or the problem with
    its end; None: nothing."""
    # TCG before QEMU 11 looks up a device by its number in a memory map. A CPU
    # that does so while a hot-plug changes the map may end QEMU, where it does
    # not find another device than it meant.
    if problem and "iotlb_to_section: Assertion" in problem:
        return "it looked for a device in a wrong memory map"
    # It may have its interrupts off when the first stall is told, for a lock
    if any(not stall[1] or int(stall[1], 16) & EFLAGS_IF
           for stall in LOST_TIMER.finditer(console)):
        return "it lost a timer's interrupt"
    if LOST_CPU.search(console):
        return "it did not start a CPU"
    # With several CPUs, TCG before 8.1 may translate the int3 by which the kernel
    # patches its code, and not notice that another CPU has replaced it. A kernel
    # with kprobes takes such an int3 as just removed, and runs the instruction
    # again, without an end.
    if qemu_version < (8, 1) and ("Oops: int3" in console or
                                  len(STUCK_AT_JUMP.findall(console)) > 1):
        return "it kept code that the kernel had patched"
    return None


class Scanner:
    """Problems in the logs of one guest; each line counts once."""

    def __init__(self, allowed=()):
        self._allowed = allowed
        self._seen = set()

    def scan(self, text):
        """The (test name or None, line) pairs of a kernel log.

        What came before init's first marker, in each boot, is not about the
        tests. Between "timeout" and "end" the log holds backtraces that init
        asked for. A boot that another one follows must have reached init.
        """
        found, test, listening, ended, booting = [], None, False, False, False
        for line in OF_OTHERS.sub("", text).splitlines():
            marker = MARKER.search(line)
            if marker:
                listening = marker[1] != "timeout"
                test = marker[2] if marker[1] == "begin" else test
                ended = marker[1] in ("end", "reboot")
                booting = False
            elif FIRST_LINE.search(line):
                if booting:
                    found.append((test, "a reset before init: " + line.rstrip()))
                listening, ended, booting = False, False, True
            elif ended and AT_POWER_OFF.search(line):
                continue
            elif listening and self._is_problem(line):
                found.append((test, line.rstrip()))
        return found

    def scan_section(self, text):
        """The problems in a text without markers."""
        return [(None, line) for line in text.splitlines() if self._is_problem(line)]

    def _is_problem(self, line):
        if not PROBLEMS.search(line):
            return False
        if any(pattern.search(line) for pattern in self._allowed):
            return False
        bare = PREFIX.sub("", line.strip())
        if bare in self._seen:
            return False
        self._seen.add(bare)
        return True
