# SPDX-License-Identifier: GPL-2.0-or-later
"""A router on the host's side of the wire: addresses by DHCP and by router
advertisements, as a guest of a distribution asks for them at boot."""

import subprocess

from errors import VmtestError
from procs import run
from traffic import TrafficError, wait_for_text

FIRST, LAST = "192.0.2.100", "192.0.2.199"
PREFIX = "fd00:db8::"
# Where who has got an address stands: time, MAC, address, name, client's id
LEASES = "leases"


def serve(processes, namespace, out):
    """Start it; it ends with the other children."""
    words = out / "dnsmasq.log"
    # Of an earlier guest
    (out / LEASES).unlink(missing_ok=True)
    # Without it the host says in its neighbour advertisements that it is no router
    run(["nsenter", f"--net=/run/netns/{namespace}", "sysctl", "-qw",
         "net.ipv6.conf.all.forwarding=1"])
    with open(words, "w", encoding="utf-8") as output:
        child = processes.start(
            ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root",
             "--pid-file=", "--port=0", "--interface=br0", "--bind-interfaces",
             "--log-facility=-", "--log-dhcp", "--dhcp-authoritative",
             "--no-ping", f"--dhcp-leasefile={out / LEASES}",
             f"--dhcp-range={FIRST},{LAST},1h",
             # The bridge's own MTU is that of its taps
             "--enable-ra", "--ra-param=br0,mtu:1500,60,1800",
             f"--dhcp-range={PREFIX},ra-only,64"],
            namespace, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for_text(words, "DHCP, sockets bound", child)
    except TrafficError as error:
        raise VmtestError(str(error)) from error
