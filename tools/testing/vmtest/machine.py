# SPDX-License-Identifier: GPL-2.0-or-later
"""The QEMU binary and the command line of one guest."""

import dataclasses
import json
import os
import pathlib
import re
import shutil

from errors import VmtestError
from lab import GUEST_MAC, STANDBY_TAP, VF_TAP
from procs import run

BINARY = "qemu-system-x86_64"
ROOT_PORTS = 6
STANDBY_ID = "standby0"
PRIMARY_ID = "primary0"


class Qemu:
    """A QEMU: the installed one, or one that was only unpacked."""

    def __init__(self, binary=None, directory=None):
        self.env = {}
        self.options = []
        if directory:
            self._use_directory(pathlib.Path(directory).resolve())
            binary = binary or str(self._root / "usr/bin" / BINARY)
        self.binary = shutil.which(binary or BINARY)
        if not self.binary:
            raise VmtestError(f"no QEMU: {binary or BINARY} not found "
                              "(apt-get install qemu-system-x86)")
        self.version = self._read_version()

    def _use_directory(self, root):
        self._root = root
        libraries = root / "usr/lib/x86_64-linux-gnu"
        self.env = {"LD_LIBRARY_PATH": str(libraries),
                    "QEMU_MODULE_DIR": str(libraries / "qemu")}
        for data in ("usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu"):
            if (root / data).is_dir():
                self.options += ["-L", str(root / data)]

    def _read_version(self):
        settings = [f"{key}={value}" for key, value in self.env.items()]
        text = run(["env", *settings, self.binary, "--version"])
        match = re.search(r"version (\d+)\.(\d+)", text)
        if not match:
            raise VmtestError(f"{self.binary} does not tell its version")
        return int(match[1]), int(match[2])


@dataclasses.dataclass
class Channels:
    """File descriptors of QEMU's ends: monitor, results (ttyS1), control (ttyS2)."""

    qmp: int
    results: int
    control: int


def _accelerator(spec):
    if spec.icount:
        return ["-M", "q35", "-accel", "tcg,thread=single",
                "-icount", "shift=0,sleep=off", "-smp", "1"]
    return ["-M", "q35", "-accel", "tcg,thread=multi", "-smp", str(spec.smp)]


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


def tap_backend(ident, tap, queues=1):
    """The value of -netdev for an existing tap."""
    many = f",queues={queues}" if queues > 1 else ""
    return f"tap,id={ident},ifname={tap},script=no,downscript=no,vhost=off{many}"


def standby_properties(spec):
    """The virtio NIC as QEMU's device_add takes it, apart from its id."""
    properties = {"driver": "virtio-net-pci", "bus": "root0",
                  "netdev": f"net-{STANDBY_TAP}", "mac": GUEST_MAC, "romfile": ""}
    if spec.failover:
        properties["failover"] = True
    if spec.queue_pairs > 1:
        # One vector per queue, one for the control queue, one for the config.
        properties.update(mq=True, vectors=2 * spec.queue_pairs + 2)
    return properties


def _option(key, value):
    return f"{key}={'on' if value is True else value}"


def _standby(spec):
    words = [_option(*item) for item in standby_properties(spec).items()]
    words += [f"id={STANDBY_ID}", *spec.virtio_opts]
    return ["-netdev", tap_backend(f"net-{STANDBY_TAP}", STANDBY_TAP, spec.queue_pairs),
            "-device", ",".join(words),
            "-netdev", tap_backend(f"net-{VF_TAP}", VF_TAP)]


def _boot_vf(spec):
    """A VF that is there from the start, thus not one of QEMU's failover pair."""
    if not spec.vf_boot:
        return []
    # In the other syntax a removed device's id could not be used again.
    return ["-device", json.dumps({
        "driver": spec.vf_boot, "bus": "root1", "id": PRIMARY_ID,
        "netdev": f"net-{VF_TAP}", "mac": GUEST_MAC, "romfile": ""})]


def kernel_command_line(spec):
    """What the guest's kernel gets to know."""
    return " ".join([
        "console=ttyS0", "panic=-1", "panic_on_oops=1", "log_buf_len=4M",
        "net.ifnames=0", "nokaslr", "mitigations=off", "random.trust_cpu=on",
        "cryptomgr.notests", *spec.append])


def command_line(qemu, spec, kernel, initrd, channels, console):
    """The whole argument vector."""
    ports = []
    for number in range(ROOT_PORTS):
        ports += ["-device", f"pcie-root-port,id=root{number},chassis={number + 1},"
                             f"slot={number + 1},addr={number + 2:#x}"]
    return [qemu.binary, *qemu.options, *_accelerator(spec), "-cpu", "max",
            "-m", str(spec.memory), "-nodefaults", "-no-user-config",
            "-display", "none", "-no-reboot", "-S",
            "-kernel", os.fspath(kernel), "-initrd", os.fspath(initrd),
            "-append", kernel_command_line(spec),
            *_serial(channels, console), *ports, *_standby(spec), *_boot_vf(spec)]
