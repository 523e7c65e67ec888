#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The benchmark's tables, out of its guests' logs.

report.py RELEASE LOGS DRIVER...: LOGS has guest-DRIVER/guest, and of all but the
first one, which is what the others are compared with, switch-DRIVER/switch. Fails
if "ours" is over its bounds.
"""

import os
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]
                       / "tools/testing/vmtest"))

import log  # noqa: E402 pylint: disable=wrong-import-position

# More than the bare VF, at most
TX_PERCENT = float(os.environ.get("BENCH_TX_PERCENT", "4"))
RX_INSTRUCTIONS = int(os.environ.get("BENCH_RX_INSTRUCTIONS", "90"))
COLUMNS = (("tx", 60), ("tx", 1500), ("rx", 60), ("rx", 1500))
SWITCHES = ("sent", "lost", "doubled", "reordered", "gap ms", "pings lost", "gap ms",
            "TCP gap", "timeouts")


def events(logs, script, driver):
    """What a guest told."""
    return log.events(logs / f"{script}-{driver}" / script / "results.ktap")


def switch_table(logs, drivers):
    """What planned unplugs and re-plugs cost."""
    form = "{:<14}{:>8}{:>8}{:>8}{:>10}{:>9}{:>12}{:>10}{:>9}{:>10}"
    yield form.format("", *SWITCHES)
    for driver in drivers:
        told = {key: value for event in events(logs, "switch", driver)
                for key, value in event.items() if key != "event"}
        yield form.format(driver, *told.values())


def costs(logs, driver):
    """The median of the runs for each column."""
    runs = list(events(logs, "guest", driver))
    return [round(statistics.median(run["cost"] for run in runs
                                    if (run["way"], run["size"]) == column))
            for column in COLUMNS]


def packet_table(logs, drivers):
    """Guest instructions per packet."""
    yield "guest instructions per packet"
    yield " " * 14 + "".join(f"{f'{way.upper()} {size} bytes':>22}"
                             for way, size in COLUMNS)
    bare = costs(logs, drivers[0])
    for driver in drivers:
        yield f"{driver:<14}" + "".join(
            f"{cost:8d} {cost - least:+5d} ({100 * (cost - least) / least:+5.1f}%)"
            for cost, least in zip(costs(logs, driver), bare))


def dear(logs, drivers):
    """The columns in which ours is over its bound."""
    bare = costs(logs, drivers[0])
    for (way, size), cost, least in zip(COLUMNS, costs(logs, "ours"), bare):
        bound = (least * (1 + TX_PERCENT / 100) if way == "tx"
                 else least + RX_INSTRUCTIONS)
        if cost > bound:
            yield f"{way.upper()} {size}"


def show(lines, path):
    """For the terminal, and for later."""
    text = "\n".join(lines)
    print(text)
    path.write_text(text + "\n")


def main(release, logs, *drivers):
    """The exit status."""
    logs = pathlib.Path(logs)
    print(f"kernel {release}, vmxnet3 as VF, 3 unplugs and re-plugs while numbered "
          "packets\ngo out and echoes are asked for every 10 ms, and 3 under a TCP "
          "stream")
    show(switch_table(logs, drivers[1:]), logs / "switches.txt")
    print(f"kernel {release}, e1000e as VF, QEMU TCG with icount")
    show(packet_table(logs, drivers), logs / "table.txt")
    over = ", ".join(dear(logs, drivers))
    if over:
        print(f"ours is over its bound: {over}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
