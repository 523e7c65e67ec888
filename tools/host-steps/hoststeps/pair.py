# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest's VF: plug it and unplug it, with the MAC filter in step."""

import contextlib
import subprocess

from . import macfilter
from .errors import StepError

STANDBY_ID = "standby0"
PRIMARY_ID = "primary0"
# QEMU takes no multi-function device as a failover pair's primary: it would
# answer "ok", warn on stderr and never show the device.
UNPAIRABLE = ("igb",)
UNPLUG_TIMEOUT = 30
# The VF's driver has to load, and an emulated Intel NIC takes seconds for its
# link.
ANNOUNCE_TIMEOUT = 60
_MARKS = {"on": True, "yes": True, "true": True,
          "off": False, "no": False, "false": False}


def typed_properties(qmp, model, text):
    """"K=V,..." as JSON values: newer QEMUs take no string for a number."""
    if not text:
        return {}
    listed = qmp.command("device-list-properties", {"typename": model})
    types = {item["name"]: item["type"] for item in listed}
    result = {}
    for word in text.split(","):
        key, equals, value = word.partition("=")
        if not equals:
            raise StepError(f"'{word}' is not KEY=VALUE")
        kind = types.get(key, "str")
        if kind in ("bool", "boolean"):
            result[key] = _MARKS.get(value, value)
        elif kind.startswith(("int", "uint", "size")):
            result[key] = int(value, 0)
        else:
            result[key] = value
    return result


def remove_device(qmp, ident, timeout=UNPLUG_TIMEOUT):
    """Ask the guest to let a device go, and wait until it did."""
    since = qmp.position()
    qmp.command("device_del", {"id": ident})
    gone = qmp.wait_event(
        lambda event: event["event"] == "DEVICE_DELETED"
        and event["data"].get("device") == ident, since, timeout)
    if gone is None:
        raise StepError(f"{ident} is still there after {timeout:g} s")


@contextlib.contextmanager
def announcement(port, mac, namespace=None, timeout=ANNOUNCE_TIMEOUT):
    """Yield a function that waits for the next packet of a guest by a port.

    The driver sends one from the VF as soon as it uses it, as do others that
    follow net_failover's model or a bond's. RARP is QEMU's own: it announces a
    NIC that it emulates when a guest has come in, which may not listen there yet.
    """
    enter = ["nsenter", f"--net=/run/netns/{namespace}"] if namespace else []
    with subprocess.Popen(
            [*enter, "tcpdump", "-n", "-l", "-Q", "in", "--immediate-mode",
             "-c", "1", "-i", port, f"ether src {mac} and not rarp"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True) as watch:
        try:
            words = []
            for line in watch.stdout:
                words.append(line.strip())
                if line.startswith("listening on"):
                    break
            else:
                raise StepError(f"tcpdump: {words[-1] if words else 'no output'}")

            def wait():
                try:
                    watch.communicate(timeout=timeout)
                except subprocess.TimeoutExpired:
                    raise StepError(f"the guest says nothing by {port} in "
                                    f"{timeout:g} s") from None
                if watch.returncode:
                    raise StepError(f"tcpdump on {port}: ended with "
                                    f"{watch.returncode}")

            yield wait
        finally:
            watch.terminate()


class Pair:
    """The virtio NIC and the VF of one guest, and the filter of their MAC."""

    def __init__(self, qmp, mac_filter, standby_id=STANDBY_ID,
                 primary_id=PRIMARY_ID):
        self._qmp = qmp
        self._filter = mac_filter
        self._standby_id = standby_id
        self._primary_id = primary_id

    def offer(self, driver, properties):
        """Add the VF; QEMU shows it when the guest's driver asks for it.

        Also for a QEMU that waits for a guest to come in.
        """
        if driver in UNPAIRABLE:
            raise StepError(f"QEMU takes no {driver} for a failover pair")
        self._qmp.command("device_add", {
            "driver": driver, "id": self._primary_id,
            "failover_pair_id": self._standby_id,
            **({} if driver == "vfio-pci" else {"mac": self._filter.mac}),
            **properties})

    def plug(self, driver, properties, timeout=ANNOUNCE_TIMEOUT):
        """Add the VF, and deliver to it once the guest uses it."""
        with self.followed(timeout):
            self.offer(driver, properties)

    @contextlib.contextmanager
    def followed(self, timeout=ANNOUNCE_TIMEOUT):
        """After the body, deliver to the VF once the guest has spoken there."""
        if self._filter.gives_mac:
            # And what the VF sends goes out on the wire unseen.
            with self._given_mac():
                yield
            return
        port = self._filter.ports[macfilter.VF]
        with announcement(port, self._filter.mac, self._filter.namespace,
                          timeout) as wait:
            yield
            wait()
        self._filter.move(macfilter.VF)

    @contextlib.contextmanager
    def _given_mac(self):
        self._filter.move(macfilter.VF)
        try:
            yield
        except StepError:
            self._filter.move(macfilter.STANDBY)
            raise

    def unplug(self, timeout=UNPLUG_TIMEOUT):
        """Deliver to standby, then have the guest let the VF go.

        If it does not, the filter moves back: the guest uses the VF still.
        """
        self._filter.move(macfilter.STANDBY)
        try:
            remove_device(self._qmp, self._primary_id, timeout)
        except StepError:
            self._filter.move(macfilter.VF)
            raise
