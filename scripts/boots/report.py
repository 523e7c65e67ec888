#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""report.py [--csv] PLACE...: what guests have observed of their boots, as a table.

A PLACE is a directory with logs of boots.sh, named SERIES-DRIVER-IMAGE, also of
guests that were broken off, or a file that --csv has made of such: a hundred boots
of a release take hours, and may be counted on several days.
"""

import argparse
import csv
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
# Of a boot; "share" is when the VF came, of the time to a login, or "driver" if QEMU
# hid it until then, or nothing if there was none
FIELDS = ("series", "driver", "seed", "boot", "share", "netdevs", "misnamed",
          "elsewhere", "routes", "silent", "online")


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


def record(series, driver, boot):
    """What of an observation counts."""
    share = "driver" if boot.get("hidden") == "yes" else boot.get("share", "")
    return dict(zip(FIELDS, (
        series, driver, boot["seed"], boot["boot"], share, len(boot["netdevs"]),
        int(bool(boot["misnamed"])), int(has_address_elsewhere(boot)),
        int(any(len(routes) > 1 for routes in boot["routes"].values())),
        int(not all(boot["answers"].values())),
        f"{boot['online']:.1f}" if boot["online"] else "")))


def records_of_logs(directory):
    """All boots. Each one of a guest tells of those before it again."""
    series, driver, _ = directory.name.split("-", 2)
    boots = {}
    for path in sorted(directory.glob("*.log*")):
        for match in OBSERVED.finditer(path.read_text(encoding="utf-8",
                                                      errors="replace")):
            boot = json.loads(match[1])
            boots[boot["seed"], boot["boot"]] = record(series, driver, boot)
    return list(boots.values())


def records_of(place):
    """Of logs or of a file."""
    if place.is_dir():
        return records_of_logs(place)
    with open(place, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def seconds(boots):
    """The median of when the network was online."""
    times = [float(boot["online"]) for boot in boots if boot["online"]]
    return f"{statistics.median(times):.1f}" if times else "-"


def row(series, driver, every):
    """The cells of one kind of guest."""
    boots = [boot for boot in every if boot["share"]]
    alone = [boot for boot in every if not boot["share"]]

    def count(field):
        return str(sum(int(boot[field]) for boot in boots))

    return (f"{RELEASES[series]}, {driver}", str(len(boots)),
            "/".join(sorted({str(boot["netdevs"]) for boot in boots})),
            count("misnamed"), count("elsewhere"), count("routes"), count("silent"),
            str(sum(1 for boot in boots if not boot["online"])),
            f"{seconds(boots)} ({seconds(alone)})")


def print_table(records):
    """A row for each release and driver."""
    kinds = sorted({(boot["series"], boot["driver"]) for boot in records})
    rows = [HEAD] + [row(series, driver, [boot for boot in records if
                                          (boot["series"], boot["driver"]) ==
                                          (series, driver)])
                     for series, driver in kinds]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for cells in rows:
        print("  ".join(cell.ljust(width)
                        for cell, width in zip(cells, widths)).rstrip())


def main():
    """Print it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--csv", action="store_true",
                        help="a line for each boot instead of the table")
    parser.add_argument("places", nargs="+", metavar="PLACE", type=pathlib.Path)
    arguments = parser.parse_args()
    records = [boot for place in arguments.places for boot in records_of(place)]
    if arguments.csv:
        lines = csv.DictWriter(sys.stdout, FIELDS, lineterminator="\n")
        lines.writeheader()
        lines.writerows(records)
    else:
        print_table(records)


if __name__ == "__main__":
    main()
