#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo's report: tables for the terminal and a page with charts.

report.py LOGS OUT SERIES...: LOGS has SERIES-ours/guest and SERIES-stock/guest,
of each model of VF SERIES-ours-migrate-MODEL/migrate and the same of stock, and
SERIES-plain-migrate-none/migrate
"""

import html
import pathlib
import sys

import chart
import data
import migration

OURS, STOCK = "ours", "stock"
# A guest with nothing but a virtio NIC
PLAIN, NO_VF = "plain", "none"
NAMES = {OURS: "virtio_net with in-driver failover (ours)",
         STOCK: "net_failover (Debian's stock modules)"}
SHORT = {OURS: "ours", STOCK: "net_failover", PLAIN: "virtio alone"}
TITLES = {"tcp-to-host": "TCP, guest to host", "tcp-to-guest": "TCP, host to guest",
          "udp-to-host": "UDP, guest to host", "udp-to-guest": "UDP, host to guest"}
# The migration's phases: (title in the page, in the terminal, their names)
PHASES = (("longest gap (ms)", "longest", ()),
          ("gap at unplug (ms)", "unplug", ("unplug",)),
          ("at stop-and-copy (ms)", "stop", ("stop",)),
          ("at re-plug (ms)", "re-plug", ("replug",)))
# Seconds that the charts show after a migration's last mark
AFTER = 2
STARVED = 0.3  # seconds, from which on it is told
COLOURS = {OURS: "#010101", STOCK: "#010102"}

STYLE = """
:root { color-scheme: light dark; --fg: #1b1b1b; --bg: #fff; --band: #ececec;
  --grid: #cfcfcf; --mark: #555; --ours: #0072b2; --stock: #b34a00; --best: #e3f0f8; }
@media (prefers-color-scheme: dark) { :root { --fg: #e6e6e6; --bg: #17191c;
  --band: #2b2f35; --grid: #484c52; --mark: #b5b5b5; --ours: #56b4e9;
  --stock: #f0a24a; --best: #14384d; } }
body { font: 16px/1.45 sans-serif; color: var(--fg); background: var(--bg);
  max-width: 76rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { border-top: 1px solid var(--grid); padding-top: 1rem; }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { border-bottom: 1px solid var(--grid); padding: .3rem .5rem; text-align: right;
  font-variant-numeric: tabular-nums; }
th:first-child, td:first-child, .l { text-align: left; } thead th { vertical-align: bottom; }
td.best { background: var(--best); font-weight: bold; }
.ours { color: var(--ours); } .stock { color: var(--stock); }
figure { margin: 1rem 0 1.6rem; } figcaption { font-size: .92rem; }
svg { width: 100%; height: auto; color: var(--fg); }
pre { overflow-x: auto; background: var(--band); padding: .5rem; font-size: .66rem;
  margin: .2rem 0 .6rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
.pair > div { min-width: 0; }
@media (max-width: 66rem) { .pair { grid-template-columns: 1fr; } }
.wide { overflow-x: auto; }
"""

INTRO = """
<p>In each guest a NIC is a failover pair: a virtio standby and an emulated VF with the
same MAC. Four iperf3 streams run one after the other, each across one hot-unplug and one
re-plug of the VF; both drivers get the same steps on the same kernel.</p>
<p><strong>The host's rule, the same for both drivers:</strong> right before the VF is
unplugged the host sends the guest's MAC to standby; after the re-plug it sends it to the
VF once the VF's netdev is enslaved, up and has carrier.</p>
<p><strong>These guests are emulated (QEMU TCG) and 10 to 20 times slow, so no number here
says how fast a driver is.</strong> TCP is held at 20 Mbit/s,
UDP at 5. Gaps and loss are
what to look at.</p>
<p>In the charts the band is the time in which the host sends to standby. Dashed lines:
the host turns to standby and unplugs; the VF's netdev is gone; the host plugs the VF
again; the VF is up and the host turns to it. A gap is the longest time in which the
receiver got nothing, in steps of 100 ms.</p>
<p>net_failover drops what arrives by standby for as long as a VF is registered: from the
host's turn to standby until the VF is gone, and from the re-plug until the host turns to
the VF. What TCP needs from the other side is dropped, too, so both directions stall. The
in-driver failover takes what arrives by either.</p>
<p><strong>Live migration:</strong> two more guests per driver, one of each model of VF,
go once to a second QEMU on another host of the bridge, which has the same VF for them.
The bridge learns: no host says where the MAC is, so the guest's own packets have to.
QEMU asks the guest to let its VF go, copies the memory, stops the guest for the rest of
it, and plugs the target's VF when the guest goes on there. Meanwhile the host pings
every 10 ms, and the guest sends it TCP at 20 Mbit/s.</p>
<p>A gap is the time between two answers there. No driver beats QEMU's own stop. After
it the guest's code is cold to the emulator, which has to translate it anew; guests with
KVM do not pay for that. A guest with nothing but a virtio NIC tells how much it is: it
migrates in the same way, and "more than virtio alone" is what is left for the driver. The
charts' last mark is when the guest itself found packets going by the VF both ways, up to
1 s late.</p>
"""


def measures(run):
    """The headline's figures of a run: (title, value); less is better."""
    streams = run.streams
    rows = [("netdevs", run.netdevs()),
            ("UDP lost, guest to host", streams["udp-to-host"].lost),
            ("UDP lost, host to guest", streams["udp-to-guest"].lost),
            ("TCP retransmits", run.total("retransmits"))]
    for way, title in (("to-host", "guest to host"), ("to-guest", "host to guest")):
        gap = max(streams[f"{kind}-{way}"].longest_gap()[1] for kind in ("tcp", "udp"))
        rows.append((f"longest gap, {title} (ms)", gap))
    return rows


def verdict(ours, stock):
    """Who did better, and by what, in one line."""
    wins = {OURS: [], STOCK: [], None: []}
    for (title, left), (_, right) in zip(measures(ours), measures(stock)):
        wins[OURS if left < right else STOCK if right < left else None].append(title)
    if not wins[STOCK]:
        text = f"ours better in {len(wins[OURS])} of {len(measures(ours))}"
        return text + (f", equal: {'; '.join(wins[None])}" if wins[None] else "")
    return (f"ours better in {len(wins[OURS])}, net_failover in {len(wins[STOCK])} "
            f"({'; '.join(wins[STOCK])})")


def print_table(kernels):
    """The summary for the terminal."""
    form = "{:<7}{:<14}{:>7}{:>10}{:>10}{:>9}{:>12}{:>12}"
    print(form.format("", "", "", "UDP lost", "UDP lost", "TCP", "longest gap", "longest gap"))
    print(form.format("kernel", "driver", "netdevs", "to host", "to guest", "retrans",
                      "to host", "to guest"))
    for series, runs in kernels.items():
        for name in (OURS, STOCK):
            cells = [value for _, value in measures(runs[name])]
            cells[4:] = [f"{value} ms" for value in cells[4:]]
            print(form.format(series, SHORT[name], *map(str, cells)))
    print()
    for series, runs in kernels.items():
        print(f"{series}: {verdict(runs[OURS], runs[STOCK])}")
    for series, runs in kernels.items():
        for note in busy_notes(runs):
            print(f"{series}: {note}")


def print_migrations(migrations):
    """The summary of the live migrations for the terminal."""
    form = "{:<7}{:<9}{:<13}{:>8}{:>8}{:>8}{:>8}{:>9}{:>6}  {:<15}{}"
    heads = [title for _, title, _ in PHASES]
    heads.insert(1, "QEMU's")
    print("live migration: the longest gap of pings every 10 ms, in ms; within QEMU's "
          f"stop + {migration.ALLOWED} ms,")
    print("and how much more than the stop it is, beyond what virtio alone has")
    print(form.format("kernel", "VF", "driver", *heads, "lost", "within", "beyond"))
    for series, models in migrations.items():
        for model, runs in models.items():
            for name, run in runs.items():
                gaps = [run.longest(*phases) for _, _, phases in PHASES]
                gaps.insert(1, run.stop())
                print(form.format(series, model, SHORT[name], *gaps, run.lost,
                                  within(run), beyond(run, models)))
    for series, models in migrations.items():
        for note in unrest_notes(models):
            print(f"{series}: {note}")


def unrest_notes(models):
    """Migrations on a machine that did not leave them the processor, as sentences."""
    return [f"{model}, {SHORT[name]}: the machine was busy, the longest gap before the "
            f"migration was {run.unrest()} ms already."
            for model, runs in models.items() for name, run in runs.items()
            if run.unrest() > migration.UNREST]


def within(run):
    """Whether a migration has no gap but that of QEMU's stop, and by how much."""
    word = "yes" if run.excess() <= migration.ALLOWED else "no"
    return f"{word} ({run.excess():+} ms)"


def beyond(run, models):
    """By how much a driver adds to what a migration costs without one."""
    least = models[NO_VF][PLAIN]
    return "-" if run is least else f"{run.excess() - least.excess():+} ms"


def busy_notes(runs):
    """Streams whose sender did not get the processor, as sentences."""
    return [f"{TITLES[stream.name]}, {SHORT[name]}: the machine was busy, the sender was "
            f"below half its rate for {stream.starved:.1f} s. Loss and gaps of this "
            "stream may come from that."
            for name in (OURS, STOCK) for stream in runs[name].streams.values()
            if stream.starved > STARVED]


def cell(value, best):
    """A table's cell; the better one is marked by weight, too, not only colour."""
    return f'<td class="best">{value}</td>' if best else f"<td>{value}</td>"


def headline(kernels):
    """The table on top of the page."""
    first = next(iter(kernels.values()))[OURS]
    rows = ["<div class=wide><table><caption>Less is better in every column; the better "
            "of the two is in bold.</caption><thead><tr><th>kernel</th><th class=l>driver"
            "</th>" + "".join(f"<th>{title}</th>" for title, _ in measures(first))
            + "</tr></thead><tbody>"]
    for series, runs in kernels.items():
        figures = {name: [value for _, value in measures(runs[name])] for name in runs}
        for name, other in ((OURS, STOCK), (STOCK, OURS)):
            rows.append(f'<tr><td>{series}</td><th class="l {name}">{SHORT[name]}</th>'
                        + "".join(cell(value, value < theirs) for value, theirs
                                  in zip(figures[name], figures[other])) + "</tr>")
    rows.append("</tbody></table></div>")
    rows += [f"<p>{series}: {html.escape(verdict(runs[OURS], runs[STOCK]))}. "
             f"{html.escape(' '.join(busy_notes(runs)))}</p>"
             for series, runs in kernels.items()]
    return "".join(rows)


def figures_of(series, runs):
    """The charts of a kernel."""
    parts = []
    for name in data.STREAMS:
        panels = [(SHORT[driver], COLOURS[driver], runs[driver].streams[name])
                  for driver in (OURS, STOCK)]
        ident = f"c{series.replace('.', '_')}_{name.replace('-', '_')}"
        title = f"Linux {series}: {TITLES[name]}"
        words = chart.describe(panels)
        parts.append(f"<figure>{chart.figure(ident, title, panels, words)}<figcaption>"
                     f"<strong>{TITLES[name]}</strong>, received per 100 ms. "
                     f"{html.escape(words)} "
                     f"{html.escape(chart.cut(panels))}</figcaption></figure>")
    return "".join(parts)


def migrations_of(series, models):
    """The live migrations of a kernel."""
    heads = [title for title, _, _ in PHASES]
    heads.insert(1, "of which QEMU's stop (ms)")
    heads += ["pings lost", f"within QEMU's stop + {migration.ALLOWED} ms",
              "more than virtio alone", "longest gap of TCP (ms)", "TCP retransmits"]
    rows = ["<h3>Live migration</h3><div class=wide><table><caption>Pings every 10 ms; "
            "less is better, the better of the two is in bold.</caption><thead><tr>"
            "<th>VF</th><th class=l>driver</th>"
            + "".join(f"<th>{head}</th>" for head in heads) + "</tr></thead><tbody>"]
    for model, runs in models.items():
        for name, run in runs.items():
            others = [costs(other) for other in runs.values() if other is not run]
            values = [cell(mine, any(mine < cost for cost in theirs)) for mine, *theirs
                      in zip(costs(run), *others)]
            values.insert(1, cell(run.stop(), False))
            values[6:6] = [cell(within(run), False), cell(beyond(run, models), False)]
            rows.append(f'<tr><td>{model}</td><th class="l {name}">{SHORT[name]}</th>'
                        + "".join(values) + "</tr>")
    rows.append(f"</tbody></table></div><p>{' '.join(unrest_notes(models))}</p>")
    return "".join(rows) + "".join(figure_of_migration(series, model, models[model])
                                   for model in migration.MODELS)


def costs(run):
    """The figures of a migration that are the driver's; less is better."""
    return [*(run.longest(*phases) for _, _, phases in PHASES), run.lost,
            run.stream.longest_gap()[1], run.stream.retransmits]


def figure_of_migration(series, model, runs):
    """The charts of a model's migrations."""
    panels = [(SHORT[driver], COLOURS[driver], runs[driver].stream)
              for driver in (OURS, STOCK)]
    until = max(run.marks["vf"] for run in runs.values()) + AFTER
    view = chart.View(
        "seconds since the migration began",
        (("start", "unplug", "right"), ("gone", "gone", "left"),
         ("stop", "stop", "right"), ("resume", "at the target", "left"),
         ("vf", "VF in use", "left")), ("stop", "resume"),
        # The first mark's text needs that much room beside the driver's name
        since=-until / 3, until=until)
    words = "; ".join(
        f"{SHORT[name]}: longest gap of the pings {run.longest()} ms, of which QEMU's "
        f"stop {run.stop()} ms, {run.lost} lost" for name, run in runs.items()) + "."
    title = f"Linux {series}: live migration with {model}"
    ident = f"m{series.replace('.', '_')}_{model}"
    error = max(run.clock_error for run in runs.values()) * 1000
    return (f"<figure>{chart.figure(ident, title, panels, words, view)}<figcaption>"
            f"<strong>{model}</strong>: TCP, guest to host, received per 100 ms. The "
            "bars at the foot: no answer to the pings for over "
            f"{migration.SILENCE * 1000:.0f} ms. {html.escape(words)} The stream is "
            f"within {error:.0f} ms of the marks. "
            f"{html.escape(chart.cut(panels, view))}"
            "</figcaption></figure>")


def links_of(runs):
    """The lists of netdevs, side by side."""
    parts = ['<h3>The netdevs (<code>ip -br link</code>)</h3><div class="pair">']
    for name in (OURS, STOCK):
        parts.append(f'<div><strong class="{name}">{NAMES[name]}</strong>')
        for stage, title in data.STAGES:
            text = html.escape("\n".join(runs[name].links.get(stage, ["none"])))
            parts.append(f"<div>{title}</div><pre>{text}</pre>")
        parts.append("</div>")
    return "".join(parts) + "</div>"


def counts(stream):
    """A stream's packets and losses, or its retransmits."""
    if not stream.is_udp:
        return ["-"] * 6 + [stream.retransmits]
    early = stream.lost_until_replug()
    return [stream.packets, stream.lost, early, stream.lost - early, stream.overflow,
            stream.out_of_order, "-"]


def streams_of(runs):
    """The table with each stream's counts."""
    heads = ("stream", "driver", "packets", "lost", "before the re-plug", "from it on",
             "by a full socket", "out of order", "retransmits", "longest gap (ms)",
             "re-plug until in use (s)")
    rows = ["<h3>Each stream</h3><div class=wide><table><thead><tr>"
            + "".join(f"<th>{head}</th>" for head in heads) + "</tr></thead><tbody>"]
    for stream_name in data.STREAMS:
        for name in (OURS, STOCK):
            stream = runs[name].streams[stream_name]
            values = counts(stream)
            values += [stream.longest_gap()[1],
                       f"{stream.marks['vf'] - stream.marks['plug']:.1f}"]
            rows.append(f'<tr><td>{TITLES[stream_name]}</td><td class="{name}">'
                        f"{SHORT[name]}</td>"
                        + "".join(f"<td>{value}</td>" for value in values) + "</tr>")
    return "".join(rows) + "</tbody></table></div>"


def kernel_section(series, runs, models):
    """All about one kernel."""
    error = max(run.clock_error for run in runs.values()) * 1000
    logs = "".join(
        f'<details><summary>Kernel log, {SHORT[name]}</summary><pre>'
        f'{html.escape(chr(10).join(runs[name].dmesg))}</pre></details>' for name in runs)
    return (f"<h2>Linux {html.escape(runs[OURS].release)}</h2>"
            f"{figures_of(series, runs)}{migrations_of(series, models)}"
            f"{links_of(runs)}{streams_of(runs)}"
            f"<p>Marks are within {error:.0f} ms of the streams' clock.</p>{logs}")


def page(kernels, migrations):
    """The report."""
    return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>In-driver failover beside net_failover</title><style>{STYLE}</style>"
            "</head><body><h1>In-driver failover beside net_failover, across unplug and "
            "re-plug of the VF and live migration</h1>"
            f"{headline(kernels)}{INTRO}"
            + "".join(kernel_section(series, runs, migrations[series])
                      for series, runs in kernels.items())
            + "</body></html>\n")


def read_migrations(logs, series):
    """The live migrations of a kernel: by model, then by driver."""
    runs = {model: {name: migration.read_migration(logs, series, name, model)
                    for name in (OURS, STOCK)} for model in migration.MODELS}
    runs[NO_VF] = {PLAIN: migration.read_migration(logs, series, PLAIN, NO_VF)}
    return runs


def main(argv):
    """The exit status."""
    if len(argv) < 3:
        print("usage: report.py LOGS OUT SERIES...", file=sys.stderr)
        return 2
    logs, out = map(pathlib.Path, argv[:2])
    try:
        kernels = {series: {name: data.read_run(logs / f"{series}-{name}/guest",
                                                series, name)
                            for name in (OURS, STOCK)} for series in argv[2:]}
        migrations = {series: read_migrations(logs, series) for series in argv[2:]}
        print_table(kernels)
        print()
        print_migrations(migrations)
        out.write_text(page(kernels, migrations))
    except (data.DataError, chart.ChartError, OSError) as error:
        print(f"report.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
