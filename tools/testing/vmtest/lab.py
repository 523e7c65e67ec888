# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's side of the wire: a network namespace with a bridge and taps."""

import contextlib
import glob
import json
import os
import pathlib
import shutil
import tempfile

from errors import StepError, VmtestError
from hoststeps import macfilter
from procs import run

PREFIX = "vmtest-"
GUEST_MAC = "52:54:00:12:34:56"
BRIDGE_MAC = "52:54:00:00:00:01"
HOST_ADDRESSES = ("192.0.2.1/24", "fd00:db8::1/64")
# Packets: some seconds of what tests send
TAP_QUEUE = 10000
# Bytes: the most that drivers/net/tun.c takes
TAP_MTU = 65521
# The taps of the two hosts between which a guest may migrate
SITES = ({"standby": "ts", "vf": "tv"}, {"standby": "xs", "vf": "xv"})


def check_host():
    """Fail with one line if this machine cannot hold a lab."""
    if os.geteuid() != 0:
        raise VmtestError("must run as root (network namespace and taps)")
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as error:
        raise VmtestError(f"/dev/net/tun: {error.strerror}") from error


def remove_stale():
    """Remove what killed runners left: namespaces and scratch directories."""
    for path in glob.glob(f"/run/netns/{PREFIX}*"):
        if not _owner_lives(path):
            with contextlib.suppress(StepError):
                run(["ip", "netns", "del", os.path.basename(path)])
    for path in glob.glob(os.path.join(tempfile.gettempdir(), f"{PREFIX}*.scratch")):
        if not _owner_lives(path):
            shutil.rmtree(path, ignore_errors=True)


def remove_own():
    """Remove what this process may have left when a signal hit at a bad time."""
    for path in glob.glob(f"/run/netns/{PREFIX}{os.getpid()}-*"):
        run(["ip", "netns", "del", os.path.basename(path)], check=False)


def scratch_directory():
    """A directory for one run, in a name that remove_stale() knows."""
    return tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-",
                                       suffix=".scratch")


def _owner_lives(path):
    """Whether the runner in "vmtest-PID-..." still runs."""
    owner = os.path.basename(path)[len(PREFIX):].split("-")[0]
    if not owner.isdigit():
        return True
    try:
        return b"vmtest" in pathlib.Path(f"/proc/{owner}/cmdline").read_bytes()
    except OSError:
        return False


def ip_in(namespace, *words):
    """Of iproute2."""
    return run(["ip", "-n", namespace, *words])


def sysctl_in(namespace, assignment):
    """A setting of a namespace's network."""
    run(["nsenter", f"--net=/run/netns/{namespace}", "sysctl", "-qw", assignment])


def drop_rarp(namespace, port):
    """QEMU announces each NIC that it emulates by RARP when a guest has come.

    A VF that is passed through is no such NIC, and a switch that heard that of ours
    would deliver to a VF which the guest has yet to find. Those are requests; what
    the guest announces itself is none.
    """
    run(["tc", "-n", namespace, "qdisc", "add", "dev", port, "clsact"])
    # The operation, at 20: TC_ACT_SHOT for 3, for others TC_ACT_OK
    run(["tc", "-n", namespace, "filter", "add", "dev", port, "ingress", "protocol",
         "0x8035", "bpf", "direct-action", "bytecode",
         "4,40 0 0 20,21 0 1 3,6 0 0 2,6 0 0 0"])


class Lab:
    """One namespace; "with" creates and removes it.

    The forwarding entry of the guest's MAC on the bridge is what a NIC's MAC
    filter is on a real host: it decides which datapath gets the packets.
    """

    _number = 0

    def __init__(self, queue_pairs=1):
        Lab._number += 1
        self.namespace = f"{PREFIX}{os.getpid()}-{Lab._number}"
        self._queue_pairs = queue_pairs
        self._taps = set()

    def __enter__(self):
        try:
            run(["ip", "netns", "add", self.namespace])
            self._build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error):
        # The taps and the bridge die with their namespace.
        run(["ip", "netns", "del", self.namespace], check=False)

    def _build(self):
        self._sysctl("net.ipv6.conf.default.disable_ipv6=1")
        self._ip("link", "set", "lo", "up")
        self._ip("link", "add", "br0", "address", BRIDGE_MAC, "mtu", "1500",
                 "type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0")
        self._sysctl("net.ipv6.conf.br0.disable_ipv6=0")
        self._ip("link", "set", "br0", "up")
        for address in HOST_ADDRESSES:
            nodad = ["nodad"] if ":" in address else []
            self._ip("address", "add", address, "dev", "br0", *nodad)
        self.add_site(0)

    def add_site(self, site):
        """Make the taps of a host, unless they are there."""
        self.add_tap(SITES[site]["standby"], multi_queue=self._queue_pairs > 1)
        vf_tap = SITES[site]["vf"]
        if not self.has_tap(vf_tap):
            self.add_tap(vf_tap)
            drop_rarp(self.namespace, vf_tap)

    def _ip(self, *words):
        return ip_in(self.namespace, *words)

    def _sysctl(self, assignment):
        sysctl_in(self.namespace, assignment)

    def add_tap(self, name, multi_queue=False):
        """Make a tap on the bridge, unless it is there."""
        if name in self._taps:
            return
        queues = ["multi_queue"] if multi_queue else []
        self._ip("tuntap", "add", name, "mode", "tap", *queues)
        # A guest that waits for its CPU is not to lose what the host sends.
        # Between guests goes what their NICs can take; the host's own address
        # keeps Ethernet's MTU.
        self._ip("link", "set", name, "master", "br0", "mtu", str(TAP_MTU),
                 "txqueuelen", str(TAP_QUEUE), "up")
        self._taps.add(name)

    def has_tap(self, name):
        """Whether there is such a tap."""
        return name in self._taps

    def filter(self, site, vf_tap=None):
        """What decides by which tap of a host the guest gets its packets."""
        ports = dict(SITES[site])
        if vf_tap:
            ports["vf"] = vf_tap
        return macfilter.BridgeFilter(GUEST_MAC, "br0", ports, self.namespace)

    def counters(self, tap):
        """The tap's counters, as the host sees them.

        A tap receives what the guest sends: rx is the guest's transmission.
        """
        stats = json.loads(self._ip("-j", "-s", "link", "show", "dev", tap))
        stats = stats[0]["stats64"]
        return (stats["rx"]["packets"], stats["tx"]["packets"],
                stats["rx"]["bytes"], stats["tx"]["bytes"])
