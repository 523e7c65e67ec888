#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""observe.py HOST HOST6 [NAME=VALUE...]: what a boot has made of a pair, in JSON.

Netdevs with their drivers, those whose name is not the one that udev made for
them, addresses and default routes that are no link's own, whether the host answers,
and when network-online.target was reached, in seconds since the kernel's start.
"""

import json
import pathlib
import subprocess
import sys

NET = pathlib.Path("/sys/class/net")
FAMILIES = ("4", "6")


def output(*command):
    """What a program prints; nothing if it fails."""
    return subprocess.run(command, check=False, text=True, capture_output=True).stdout


def properties(text):
    """Of lines NAME=VALUE."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def driver(netdev):
    """As ethtool has it: net_failover's master is on virtio's device as well."""
    pairs = dict(line.split(": ", 1) for line in
                 output("ethtool", "-i", netdev).splitlines() if ": " in line)
    return pairs.get("driver")


def name_is_udevs(netdev):
    """Whether it is that of its place, by the policy of the distribution."""
    return netdev == properties(output("udevadm", "info", "-q", "property", "-p",
                                       str(NET / netdev))).get("ID_NET_NAME_PATH")


def addresses(family, netdev):
    """Those of other scopes than a link's."""
    links = json.loads(output("ip", f"-{family}", "-j", "address", "show", "dev",
                              netdev, "scope", "global") or "[]")
    # What the filter leaves out stays as an empty object
    return [entry["local"] for link in links for entry in link.get("addr_info", ())
            if entry]


def default_routes(family):
    """The netdevs that they go by."""
    routes = json.loads(output("ip", f"-{family}", "-j", "route", "show",
                               "default") or "[]")
    found = []
    for route in routes:
        hops = route.get("nexthops", [route])
        found += [hop["dev"] for hop in hops]
    return found


def answers(host):
    """Whether a ping gets through."""
    return subprocess.run(["ping", "-q", "-c", "3", "-i", "0.2", "-W", "2", host],
                          check=False, capture_output=True).returncode == 0


def online():
    """Seconds, or None."""
    word = properties(output("systemctl", "show", "network-online.target", "-p",
                             "ActiveEnterTimestampMonotonic"))
    microseconds = int(word.get("ActiveEnterTimestampMonotonic", 0))
    return microseconds / 1e6 if microseconds else None


def main():
    """One line."""
    hosts, told = sys.argv[1:3], properties("\n".join(sys.argv[3:]))
    netdevs = sorted(path.name for path in NET.iterdir() if path.name != "lo")
    print(json.dumps({
        **told,
        "netdevs": {netdev: driver(netdev) for netdev in netdevs},
        "misnamed": [netdev for netdev in netdevs if not name_is_udevs(netdev)],
        "addresses": {netdev: {family: addresses(family, netdev)
                               for family in FAMILIES} for netdev in netdevs},
        "routes": {family: default_routes(family) for family in FAMILIES},
        "answers": {family: answers(host)
                    for family, host in zip(FAMILIES, hosts)},
        "online": online(),
    }))


if __name__ == "__main__":
    main()
