# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the wire delivers the packets for a guest: to its VF or to standby.

Nothing in QEMU does this. While the filter names a VF that is unplugged, all
that is sent to the guest is lost, so it has to move before the unplug; and it
should move to a new VF only when the guest says there that it uses it.
"""

import json

from .command import run
from .errors import StepError

VF, STANDBY = "vf", "standby"
# Attempts to move a forwarding entry
MOVES = 3
# The MAC of a VF that filters nothing. Some drivers refuse all zeros and want
# a locally administered address.
NO_MAC = ("00:00:00:00:00:00", "02:00:00:00:00:00")


class BridgeFilter:
    """The forwarding entry of a guest's MAC on a bridge with both as ports."""

    # A VF has its MAC without it.
    gives_mac = False

    def __init__(self, mac, bridge, ports, namespace=None):
        self.mac = mac
        self.ports = dict(ports)
        self.namespace = namespace
        self._bridge = bridge
        self._command = ["bridge", *(["-n", namespace] if namespace else [])]

    def move(self, where):
        """Deliver to VF or STANDBY; None: where the MAC was last seen."""
        if not where:
            for port in self._learned():
                self._fdb("del", port, check=False)
            return
        # A static entry does not age, but still follows a packet that the guest
        # sends by the other port; a sticky one does not. It is not made sticky in
        # the same moment as it moves: a packet in between may move it back.
        port = self.ports[where]
        for _ in range(MOVES):
            self._fdb("replace", port, "static", "sticky")
            others = self._learned() - {port}
            if not others:
                return
            # Or they are of a VLAN that this port does not have.
            for other in others:
                self._fdb("del", other, check=False)
        raise StepError(f"{self._bridge} still delivers {self.mac} by "
                        f"{', '.join(sorted(others))}, not by {port}")

    def release(self):
        """The guest is elsewhere: deliver where it will be heard."""
        for port in self.ports.values():
            self._fdb("del", port, check=False)

    def _fdb(self, action, port, *words, check=True):
        run([*self._command, "fdb", action, self.mac, "dev", port, "master",
             *words], check=check)

    def _learned(self):
        entries = json.loads(run([*self._command, "-j", "fdb", "show",
                                  "br", self._bridge]) or "[]")
        return {entry["ifname"] for entry in entries if entry["mac"] == self.mac}


class PfFilter:
    """The MAC that a physical function's driver gave to one of its VFs.

    The guest's driver reads it when it starts, so it is there before the guest
    uses the VF, and what comes meanwhile is lost. While it is not there, a NIC
    with "spoofchk on" drops what the guest still sends by the VF; and i40e and
    ice reset a VF whose MAC changes. A switchdev PF has none of that: there the
    VF's representor is the port of a bridge.
    """

    gives_mac = True

    def __init__(self, mac, pf, number):
        self.mac = mac
        self.ports = {}
        self.namespace = None
        self._pf = pf
        self._number = str(number)

    def move(self, where):
        """Deliver to VF, or by the PF's own filter to STANDBY."""
        if where == VF:
            self._set(self.mac)
            return
        for mac in NO_MAC:
            try:
                self._set(mac)
                return
            except StepError as refused:
                error = refused
        raise error

    def release(self):
        """The guest is elsewhere: keep nothing of what is sent to it."""
        self.move(STANDBY)

    def _set(self, mac):
        run(["ip", "link", "set", "dev", self._pf, "vf", self._number, "mac", mac])
