# SPDX-License-Identifier: GPL-2.0-or-later
"""The QEMU binary and the command line of one guest."""

import dataclasses
import json
import os
import pathlib
import re
import shutil

from errors import VmtestError
from hoststeps.pair import PRIMARY_ID, STANDBY_ID
from lab import GUEST_MAC, SITES
from procs import run

BINARY = "qemu-system-x86_64"
LOADER = "ld-linux-x86-64.so.2"
ROOT_PORTS = 6


class Qemu:
    """A QEMU: the installed one, or one that was unpacked with all that it is
    linked with."""

    def __init__(self, binary=None, directory=None):
        self.env = {}
        self.options = []
        # What comes before the binary
        self._loader = []
        if directory:
            root = pathlib.Path(directory).resolve()
            self._use_directory(root)
            binary = binary or str(root / "usr/bin" / BINARY)
        self._binary = shutil.which(binary or BINARY)
        if not self._binary:
            raise VmtestError(f"no QEMU: {binary or BINARY} not found "
                              "(apt-get install qemu-system-x86)")
        self.version = self._read_version()

    def _use_directory(self, root):
        libraries = root / "usr/lib/x86_64-linux-gnu"
        # Its C library may be newer than that of this machine
        self._loader = [str(libraries / LOADER), "--library-path", str(libraries)]
        self.env = {"QEMU_MODULE_DIR": str(libraries / "qemu")}
        for data in ("usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu"):
            if (root / data).is_dir():
                self.options += ["-L", str(root / data)]

    @property
    def command(self):
        """The words that start it."""
        return [*self._loader, self._binary]

    def _read_version(self):
        settings = [f"{key}={value}" for key, value in self.env.items()]
        text = run(["env", *settings, *self.command, "--version"])
        match = re.search(r"version (\d+)\.(\d+)", text)
        if not match:
            raise VmtestError(f"{self._binary} does not tell its version")
        return int(match[1]), int(match[2])

    @property
    def machine(self):
        """The newest type of machine, by the name that newer QEMUs know."""
        return "pc-q35-" + ".".join(map(str, self.version))


@dataclasses.dataclass
class Channels:
    """File descriptors of QEMU's ends: monitor, results (ttyS1), control (ttyS2)."""

    qmp: int
    results: int
    control: int


@dataclasses.dataclass
class Boot:
    """What a guest starts from. Without a file system its root is the initramfs."""

    kernel: pathlib.Path
    initrd: pathlib.Path
    root: pathlib.Path = None


@dataclasses.dataclass
class Place:
    """Where a guest runs: one of the lab's hosts, as what type of machine, and
    whether it comes from another one."""

    machine: str
    site: int = 0
    incoming: bool = False

    @property
    def taps(self):
        """The taps of the host, by path."""
        return SITES[self.site]


def _processor(spec, place):
    if spec.icount:
        # What is counted shall not depend on what is quick here.
        return ["-accel", "tcg,thread=single", "-cpu", "max",
                "-icount", "shift=0,sleep=off", "-smp", "1"]
    # TCG does "rep stosb" byte by byte, so the kernel had better not believe
    # that it is fast.
    processor = "max,erms=off,fsrm=off"
    # TCG before 8.0 leaves an operand of an earlier instruction in the flags
    # behind cmpxchg16b, by which the kernel allocates: an interrupt just there
    # may end the guest with a double fault. A guest that migrates to a newer
    # QEMU keeps its processor.
    if place.machine.startswith("pc-q35-7."):
        processor += ",cx16=off"
    return ["-accel", "tcg,thread=multi", "-cpu", processor,
            "-smp", str(spec.smp)]


def _hotplug(spec):
    """By ACPI unless the ports shall do it themselves, as hardware does."""
    if not spec.native_hotplug:
        return []
    return ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]


def _serial(channels, console):
    # COM1 and COM3 share an interrupt line by tradition; edges get lost there.
    return ["-chardev", f"file,id=console,path={console}",
            "-device", "isa-serial,index=0,chardev=console",
            "-chardev", f"socket,id=results,fd={channels.results}",
            "-device", "isa-serial,index=1,chardev=results",
            "-chardev", f"socket,id=control,fd={channels.control}",
            "-device", "isa-serial,index=2,irq=5,chardev=control",
            "-chardev", f"socket,id=qmp,fd={channels.qmp}",
            "-mon", "chardev=qmp,mode=control"]


def _tap_backend(tap, queues=1):
    """-netdev for an existing tap."""
    many = f",queues={queues}" if queues > 1 else ""
    return ["-netdev", f"tap,id={netdev_of(tap)},ifname={tap},script=no,"
                       f"downscript=no,vhost=off{many}"]


def netdev_of(tap):
    """The name of a tap's backend in QEMU."""
    return f"net-{tap}"


def standby_properties(spec, place):
    """The virtio NIC as QEMU's device_add takes it, apart from its id."""
    properties = {"driver": "virtio-net-pci", "bus": "root0",
                  "netdev": netdev_of(place.taps["standby"]), "mac": GUEST_MAC,
                  "romfile": ""}
    if spec.failover:
        properties["failover"] = True
    if spec.queue_pairs > 1:
        # One vector per queue, one for the control queue, one for the config.
        properties.update(mq=True, vectors=2 * spec.queue_pairs + 2)
    return properties


def _option(key, value):
    return f"{key}={'on' if value is True else value}"


def _standby(spec, place):
    words = [_option(*item) for item in standby_properties(spec, place).items()]
    words += [f"id={STANDBY_ID}", *spec.virtio_opts]
    return [*_tap_backend(place.taps["standby"], spec.queue_pairs),
            "-device", ",".join(words), *_tap_backend(place.taps["vf"])]


def _boot_vf(spec, place):
    """A VF that is there from the start, thus not one of QEMU's failover pair."""
    if not spec.vf_boot:
        return []
    # In the other syntax a removed device's id could not be used again.
    return ["-device", json.dumps({
        "driver": spec.vf_boot, "bus": "root1", "id": PRIMARY_ID,
        "netdev": netdev_of(place.taps["vf"]), "mac": GUEST_MAC, "romfile": ""})]


def kernel_command_line(spec):
    """What the guest's kernel gets to know."""
    # All CPUs of QEMU have one TSC. A kernel that does not know reads the HPET,
    # which is a device, for the time of each packet.
    quick = [] if spec.icount else ["tsc=reliable", "init_on_alloc=0"]
    system = ["net.ifnames=0"]
    if spec.image:
        system = ["rw"] if spec.iscsi else ["root=/dev/vda", "rw"]
    return " ".join([
        "console=ttyS0", "panic=-1", "panic_on_oops=1", "log_buf_len=4M",
        *system, "nokaslr", "mitigations=off", "random.trust_cpu=on",
        "cryptomgr.notests", *quick, *spec.append])


def _disk(root):
    """What a guest writes there is gone with it."""
    if not root:
        return []
    return ["-drive", f"if=none,id=root,file={root},format=raw,snapshot=on",
            "-device", "virtio-blk-pci,drive=root,addr=0x18"]


def command_line(qemu, spec, place, boot, channels, console, monitor):
    """The whole argument vector."""
    ports = []
    for number in range(ROOT_PORTS):
        ports += ["-device", f"pcie-root-port,id=root{number},chassis={number + 1},"
                             f"slot={number + 1},addr={number + 2:#x}"]
    start = ["-incoming", "defer"] if place.incoming else ["-S"]
    return [*qemu.command, *qemu.options, "-M", place.machine,
            *_processor(spec, place), "-m", str(spec.memory), "-nodefaults",
            "-no-user-config", "-display", "none", "-no-reboot", *start,
            "-kernel", os.fspath(boot.kernel), "-initrd", os.fspath(boot.initrd),
            "-append", kernel_command_line(spec),
            *_serial(channels, console), *_disk(boot.root),
            "-qmp", f"unix:{monitor},server=on,wait=off",
            *_hotplug(spec), *ports, *_standby(spec, place),
            *_boot_vf(spec, place)]
