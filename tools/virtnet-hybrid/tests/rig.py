# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts with a libvirt each, out of namespaces, and a wire between them.

A host's VFs are veths whose peers are ports of standby's bridge, as the
representors of a switchdev are. libvirt gives them out of a pool and QEMU emulates
a NIC on each: the same device XML is a real VF on a host that has SR-IOV.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from lab import drop_rarp, ip_in, sysctl_in
from procs import ProcessGroup, run

HERE = pathlib.Path(__file__).resolve().parent
PREFIX = f"hybrid-{os.getpid()}-"
WIRE = f"{PREFIX}wire"
ADDRESS = "10.9.0.1"
# A guest's boot on a busy machine, s
PATIENCE = 150
VFS = 2
# More netdevs than a host makes in all tests
NUMBERS = 100
CONNECTED = "connected to libvirt"
POOL = """
<network>
  <name>pool</name>
  <metadata>
    <hybrid:standby xmlns:hybrid='urn:virtnet-hybrid' version='1' bridge='br0'/>
  </metadata>
  <forward mode='passthrough'>{interfaces}</forward>
</network>
"""
DOMAIN = """
<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>384</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>/shared/vmlinuz</kernel>
    <initrd>/shared/ours.cpio</initrd>
    <cmdline>console=ttyS0 panic=1 rdinit=/init.hybrid hybrid.address={number}</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='custom' match='exact' check='none'><model fallback='allow'>qemu64</model></cpu>
  <clock offset='utc'><timer name='hpet' present='no'/></clock>
  <on_reboot>restart</on_reboot>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <serial type='file'><source path='/var/log/{name}.console'/></serial>
    <memballoon model='none'/>
  </devices>
</domain>
"""

# A domain without a system, which only has a VF
HOLDER = """
<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <interface type='network'>
      <source network='pool'/><model type='e1000e'/>
    </interface>
    <memballoon model='none'/>
  </devices>
</domain>
"""


def wait_for(what, condition, patience=PATIENCE):
    """Until something is true; what it came to."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not in {patience} s: {what}"
        time.sleep(0.05)


def remove_stale():
    """Namespaces that tests which were killed have left."""
    for path in pathlib.Path("/run/netns").glob("hybrid-*"):
        if not pathlib.Path("/proc", path.name.split("-")[1]).exists():
            run(["ip", "netns", "del", path.name], check=False)


class Wire:
    """A switch, and who sends from there."""

    def __enter__(self):
        remove_stale()
        run(["ip", "netns", "add", WIRE])
        sysctl_in(WIRE, "net.ipv6.conf.default.disable_ipv6=1")
        ip_in(WIRE, "link", "set", "lo", "up")
        ip_in(WIRE, "link", "add", "switch", "type", "bridge", "forward_delay", "0",
              "mcast_snooping", "0")
        ip_in(WIRE, "address", "add", f"{ADDRESS}/24", "dev", "switch")
        ip_in(WIRE, "link", "set", "switch", "up")
        return self

    def __exit__(self, *_error):
        run(["ip", "netns", "del", WIRE], check=False)

    def answers(self, number):
        """Whether a guest does, if not at once: on a busy machine it has to wait."""
        done = subprocess.run(["nsenter", f"--net=/run/netns/{WIRE}", "ping", "-n",
                               "-c", "1", "-w", "10", f"10.9.0.{number}"],
                              check=False, capture_output=True)
        return done.returncode == 0

    @contextlib.contextmanager
    def pinging(self, number, interval=0.02):
        """Meanwhile; yields what has "sent" and "lost" afterwards.

        Up to the last one that was answered: when ping is stopped, some are on
        their way.
        """
        result = {}
        with subprocess.Popen(["nsenter", f"--net=/run/netns/{WIRE}", "ping", "-n",
                               "-i", str(interval), f"10.9.0.{number}"],
                              stdout=subprocess.PIPE, text=True) as child:
            try:
                yield result
            finally:
                child.send_signal(signal.SIGINT)
                text = child.communicate()[0]
        numbers = set(map(int, re.findall(r"bytes from .* icmp_seq=(\d+) ", text)))
        sent = max(numbers, default=0)
        result.update(sent=sent, lost=sent - len(numbers))


class Host:
    """One machine with a libvirt."""

    def __init__(self, number, root, shared, scratch):
        self.number = number
        self.name = f"host{number}"
        self.namespace = f"{PREFIX}{self.name}"
        self._root = root
        self._shared = shared
        self._dir = scratch / self.name
        self._processes = ProcessGroup()
        self._pid = None
        self._daemons = {}

    def __enter__(self):
        try:
            self._make_network()
            self._begin()
            self.start_libvirtd()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error):
        self._processes.stop_all()
        run(["ip", "netns", "del", self.namespace], check=False)

    def _make_network(self):
        run(["ip", "netns", "add", self.namespace])
        # It would speak with the guest's MAC address
        sysctl_in(self.namespace, "net.ipv6.conf.default.disable_ipv6=1")
        ip_in(self.namespace, "link", "set", "lo", "up")
        self._skip_numbers()
        ip_in(self.namespace, "link", "add", "name", "br0", "type", "bridge",
              "forward_delay", "0", "mcast_snooping", "0")
        ip_in(self.namespace, "link", "add", "uplink", "type", "veth", "peer",
              f"to-{self.name}", "netns", WIRE)
        ip_in(self.namespace, "link", "set", "uplink", "master", "br0", "up")
        ip_in(self.namespace, "address", "add", f"10.9.0.1{self.number}/24", "dev",
              "br0")
        ip_in(self.namespace, "link", "set", "br0", "up")
        ip_in(WIRE, "link", "set", f"to-{self.name}", "master", "switch", "up")
        self.make_vfs()

    def _skip_numbers(self):
        """A macvtap's device in /dev is named by its netdev's number, and /dev is the
        same for all hosts: these are to have other numbers."""
        for _ in range(NUMBERS * self.number):
            ip_in(self.namespace, "link", "add", "skip", "type", "bridge")
            ip_in(self.namespace, "link", "delete", "skip")

    def make_vfs(self):
        """And the ports that they are behind."""
        for number in range(VFS):
            ip_in(self.namespace, "link", "add", f"vf{number}", "type", "veth",
                  "peer", f"port{number}")
            ip_in(self.namespace, "link", "set", f"vf{number}", "up")
            drop_rarp(self.namespace, f"port{number}")
            ip_in(self.namespace, "link", "set", f"port{number}", "master", "br0",
                  "up")

    def remove_vfs(self):
        """As a driver that is reset does."""
        for number in range(VFS):
            ip_in(self.namespace, "link", "delete", f"vf{number}")

    def _begin(self):
        self._dir.mkdir()
        child = self._processes.start(
            ["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork",
             "--kill-child", str(HERE / "host/init"), str(self._root),
             str(self._dir), self.name, str(self.number), str(self._shared)],
            self.namespace)

        def find_init():
            assert child.poll() is None, "the host has ended"
            path = pathlib.Path(f"/proc/{child.pid}/task/{child.pid}/children")
            words = path.read_text(encoding="ascii").split()
            ready = words and pathlib.Path(f"/proc/{words[0]}/root{self._dir}/root"
                                           "/run/ready")
            return words[0] if ready and ready.exists() else None

        self._pid = wait_for("the host begins", find_init)
        # A daemon locks its program, which is not to be that of another host
        for name in ("virtnet-hybrid", "virtnet-hybridd"):
            shutil.copy(self._shared / name, self.path("/usr/sbin"))

    def path(self, path):
        """Where a file of this host is for us."""
        return pathlib.Path(f"/proc/{self._pid}/root{self._dir}/root{path}")

    def _inside(self, *words):
        return ["nsenter", "-t", self._pid, "-m", "-u", "-i", "-n", "-p", "chroot",
                f"{self._dir}/root", *words]

    def run(self, *words):
        """A command on this host; what it prints."""
        return run(self._inside(*words), timeout=PATIENCE)

    def fails(self, *words):
        """A command of what is tried here that is to fail; its words."""
        done = subprocess.run(self._inside(*words), check=False, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True)
        assert done.returncode, f"{words} did not fail"
        return done.stderr or done.stdout

    def virsh(self, *words):
        """Of libvirt."""
        return self.run("virsh", *words)

    def hybrid(self, *words):
        """What is tried here."""
        return self.run("virtnet-hybrid", *words)

    def start(self, name, *words):
        """A daemon."""
        with open(self.path("/var/log") / f"{name}.out", "ab") as output:
            self._daemons[name] = self._processes.start(
                self._inside(*words), stdout=output, stderr=subprocess.STDOUT)

    def start_libvirtd(self):
        """And wait until it answers."""
        self.start("libvirtd", "/usr/sbin/libvirtd", "--listen")
        wait_for("libvirt answers", self._libvirt_answers)

    def _libvirt_answers(self):
        return subprocess.run(self._inside("virsh", "version"), check=False,
                              capture_output=True).returncode == 0

    def start_hybridd(self):
        """And wait until it is there."""
        before = self.log("hybridd.out").count(CONNECTED)
        self.start("hybridd", "virtnet-hybridd")

        def is_connected():
            said = self.log("hybridd.out")
            assert self._daemons["hybridd"].poll() is None, said
            return said.count(CONNECTED) > before

        wait_for("the daemon is connected", is_connected)

    def stop(self, name, how=signal.SIGTERM):
        """A daemon."""
        return self._processes.stop(self._daemons.pop(name), how)

    def log(self, name):
        """What is in one of /var/log."""
        path = self.path("/var/log") / name
        return path.read_text(errors="replace") if path.exists() else ""

    def write(self, path, text):
        """A file on this host."""
        self.path(path).write_text(text, encoding="utf-8")

    def define_pool(self):
        """Of all VFs."""
        interfaces = "".join(f"<interface dev='vf{number}'/>"
                             for number in range(VFS))
        self.write("/tmp/pool.xml", POOL.format(interfaces=interfaces))
        self.virsh("net-define", "/tmp/pool.xml")
        self.virsh("net-start", "pool")

    def define(self, name, number):
        """A domain."""
        self.write(f"/tmp/{name}.xml", DOMAIN.format(name=name, number=number))
        self.virsh("define", f"/tmp/{name}.xml")

    def hold_vfs(self, *names):
        """Domains that take a VF each."""
        for name in names:
            self.write(f"/tmp/{name}.xml", HOLDER.format(name=name))
            self.virsh("create", f"/tmp/{name}.xml")

    def used(self):
        """How many VFs of the pool."""
        return len(self.virsh("net-port-list", "pool").split()[2:])

    def status(self, name):
        """Of a domain's first interface."""
        return json.loads(self.hybrid("status", "--json", name))[0]["interfaces"][0]

    def wait_vf(self, name, wanted=True):
        """Until a guest has one, or none, and says so."""
        word = "vf=yes" if wanted else "vf=no"

        def said():
            lines = [line for line in self.log(f"{name}.console").splitlines()
                     if " vf=" in line]
            return lines and word in lines[-1]

        wait_for(f"{name} says {word}", said)
        wait_for(f"libvirt knows that {word}",
                 lambda: bool(self.status(name)["vf"]) == wanted)
