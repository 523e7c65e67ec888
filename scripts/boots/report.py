#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""report.py DIR...: what guests have observed of their boots, as a table.

Each DIR is named SERIES-DRIVER-IMAGE and holds the logs of boots.sh, also of guests
that were broken off.
"""

import json
import pathlib
import re
import statistics
import sys

RELEASES = {"6.1": "Debian 12", "6.12": "Debian 13"}
HEAD = ("guest", "boots", "netdevs", "misnamed", "address elsewhere",
        "several default routes", "no answer", "not online",
        "online, s (no VF)")
OBSERVED = re.compile(r"# observed: (\{.*\})")


def boots_of(directory):
    """All of them. Each boot of a guest tells of those before it again."""
    boots = {}
    for path in sorted(directory.glob("*.log*")):
        for match in OBSERVED.finditer(path.read_text(encoding="utf-8",
                                                      errors="replace")):
            boot = json.loads(match[1])
            boots[boot["seed"], boot["boot"]] = boot
    return list(boots.values())


def master_of(boot):
    """net_failover's own netdev, or the one of virtio_net."""
    netdevs = boot["netdevs"]
    for driver in ("net_failover", "virtio_net"):
        for name, its in netdevs.items():
            if its == driver:
                return name
    return None


def has_address_elsewhere(boot):
    """On a netdev that is not the master."""
    return any(any(families.values()) for name, families in boot["addresses"].items()
               if name != master_of(boot))


def seconds(boots):
    """The median of when the network was online."""
    times = [boot["online"] for boot in boots if boot["online"]]
    return f"{statistics.median(times):.1f}" if times else "-"


def row(directory):
    """The cells of one kind of guest."""
    series, driver, _ = directory.name.split("-", 2)
    every = boots_of(directory)
    boots = [boot for boot in every if "share" in boot]
    alone = [boot for boot in every if "share" not in boot]
    netdevs = sorted({len(boot["netdevs"]) for boot in boots})

    def count(wrong):
        return str(sum(1 for boot in boots if wrong(boot)))

    return (f"{RELEASES[series]}, {driver}", str(len(boots)),
            "/".join(map(str, netdevs)),
            count(lambda boot: boot["misnamed"]),
            count(has_address_elsewhere),
            count(lambda boot: any(len(routes) > 1
                                   for routes in boot["routes"].values())),
            count(lambda boot: not all(boot["answers"].values())),
            count(lambda boot: not boot["online"]),
            f"{seconds(boots)} ({seconds(alone)})")


def main():
    """Print it."""
    rows = [HEAD] + sorted(row(pathlib.Path(word)) for word in sys.argv[1:])
    widths = [max(map(len, column)) for column in zip(*rows)]
    for cells in rows:
        print("  ".join(cell.ljust(width)
                        for cell, width in zip(cells, widths)).rstrip())


if __name__ == "__main__":
    main()
