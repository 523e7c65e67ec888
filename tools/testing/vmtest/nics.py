# SPDX-License-Identifier: GPL-2.0-or-later
"""The NICs of a guest, each with a port and a tap of its own."""

from errors import CommandError
from hoststeps.pair import (PRIMARY_ID, STANDBY_ID, UNPAIRABLE, remove_device,
                            typed_properties)
from lab import GUEST_MAC
from machine import ROOT_PORTS, netdev_of


class Nics:
    """What is plugged into one QEMU, and what a test may plug or unplug."""

    def __init__(self, qmp, lab, place, standby):
        self._qmp = qmp
        self._lab = lab
        self._place = place
        self._standby = standby
        self._replaced = 0
        self.standby_id = STANDBY_ID
        self._slots = {PRIMARY_ID: 1}
        self._backends = set(place.taps.values())
        # In the words of the test, for a QEMU to which the guest migrates
        self._plugged = {}

    def tap_of(self, name):
        """The tap of a path, which may also be a tap's own name."""
        tap = self._place.taps.get(name, name)
        if not self._lab.has_tap(tap):
            raise CommandError(f"no datapath {name}")
        return tap

    def filter(self):
        """The filter of the guest's MAC at this host."""
        return self._lab.filter(self._place.site)

    def set_path(self, name):
        """Deliver the guest's packets by one path; None: where it was seen."""
        if name in (None, "standby"):
            self.filter().move(name)
        else:
            self._lab.filter(self._place.site, self.tap_of(name)).move("vf")

    def ident_of(self, name):
        """The device of a path, or one by its own name."""
        return {"vf": PRIMARY_ID, "standby": self.standby_id}.get(name, name)

    def plug(self, model, named):
        """Add a device, or have QEMU keep it until the guest is ready for it."""
        asked = dict(named)
        ident = named.pop("id", PRIMARY_ID)
        backend = self._backend_of(ident, int(named.pop("queues", "1")))
        arguments = {"driver": model, "id": ident, "netdev": backend,
                     "bus": f"root{self._slots[ident]}", "romfile": "",
                     "mac": named.pop("mac", GUEST_MAC)}
        pairable = "failover" in self._standby and model not in UNPAIRABLE
        pair = named.pop("pair", "yes" if pairable else "no")
        if pair != "no":
            arguments["failover_pair_id"] = self.standby_id if pair == "yes" else pair
        arguments.update(typed_properties(self._qmp, model, named.pop("opts", "")))
        if named:
            raise CommandError(f"unknown option {' '.join(named)}")
        self._qmp.command("device_add", arguments)
        self._plugged[ident] = (model, asked)

    def unplug(self, ident, timeout):
        """Ask the guest to let a device go, and wait until it did."""
        remove_device(self._qmp, ident, timeout)
        self.forget(ident)

    def forget(self, ident):
        """A device was unplugged."""
        self._plugged.pop(ident, None)

    def request_unplug(self, ident):
        """Ask for it only."""
        self._qmp.command("device_del", {"id": ident})
        self.forget(ident)

    def replace_standby(self, text, timeout):
        """Unplug the virtio NIC, and plug one with other options."""
        self.unplug(self.standby_id, timeout)
        # The id of a device from the command line stays taken.
        self._replaced += 1
        self.standby_id = f"{STANDBY_ID}-{self._replaced}"
        driver = self._standby["driver"]
        self._qmp.command("device_add", {
            **self._standby, "id": self.standby_id,
            **typed_properties(self._qmp, driver, text)})

    def take_slots(self, slots):
        """Have the ports of another one."""
        self._slots = dict(slots)

    def offer_again(self, target, vf=None):
        """Plug the same into the QEMU to which the guest migrates.

        The primary may be of another model there, or ("none") missing.
        """
        if self._replaced:
            raise CommandError("the virtio NIC is not the one of the beginning")
        target.take_slots(self._slots)
        plugged = dict(self._plugged)
        if vf == "none":
            plugged.pop(PRIMARY_ID, None)
        elif vf:
            plugged[PRIMARY_ID] = (vf, {})
        for ident in sorted(plugged, key=self._slots.get):
            model, named = plugged[ident]
            target.plug(model, dict(named))

    def _backend_of(self, ident, queues):
        if ident not in self._slots:
            if len(self._slots) + 1 >= ROOT_PORTS:
                raise CommandError("no free slot")
            self._slots[ident] = len(self._slots) + 1
        number = self._slots[ident]
        tap = self._place.taps["vf"] + ("" if number == 1 else str(number))
        if tap not in self._backends:
            self._lab.add_tap(tap, multi_queue=queues > 1)
            self._qmp.command("netdev_add", {
                "type": "tap", "id": netdev_of(tap), "ifname": tap,
                "queues": queues, "script": "no", "downscript": "no",
                "vhost": False})
            self._backends.add(tap)
        return netdev_of(tap)
