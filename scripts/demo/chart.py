# SPDX-License-Identifier: GPL-2.0-or-later
"""Throughput charts as inline SVG, drawn by gnuplot."""

import dataclasses
import html
import re
import subprocess

WIDTH, HEIGHT = 880, 400
# Stand-ins which no other part of gnuplot's output has; the page's style
# decides what they are in light and in dark.
COLOURS = {"#010101": "var(--ours)", "#010102": "var(--stock)",
           "#010103": "var(--band)", "#010104": "var(--mark)",
           "#010105": "var(--grid)", "#010106": "var(--fg)"}


@dataclasses.dataclass
class View:
    """What figures of one kind have in common; times as in their streams."""

    xlabel: str
    # Of marks: (name, text, its side of the line)
    labels: tuple
    # The marks at its ends
    band: tuple
    since: float = 0.0
    until: float = None

    def shows(self, stream):
        """The intervals of a stream that are in sight."""
        return [interval for interval in stream.intervals
                if interval[1] > self.since
                and (self.until is None or interval[0] < self.until)]


REPLUG = View("seconds of the stream",
              (("standby", "unplug", "right"), ("gone", "gone", "left"),
               ("plug", "re-plug", "right"), ("vf", "VF in use", "left")),
              ("standby", "vf"))


class ChartError(Exception):
    """gnuplot failed."""


def scale(stream):
    """The end of the axis and its step, in Mbit/s: TCP runs at 20, UDP at 5."""
    return (12, 5) if stream.is_udp else (48, 20)


def figure(ident, title, panels, words, view=REPLUG):
    """The SVG text of panels, one above the other: (label, colour, stream); words
    say what they show."""
    until = max(view.shows(stream)[-1][1] for _, _, stream in panels)
    if view.until is not None:
        until = min(until, view.until)
    top, step = scale(panels[0][2])
    script = [f'set term svg size {WIDTH},{HEIGHT} dynamic name "{ident}" '
              'noenhanced font "sans-serif,13"',
              "set multiplot layout 2,1 margins 0.07,0.985,0.135,0.93 spacing 0,0.17",
              'set border 3 lc rgb "#010106"', "unset key",
              f"set xrange [{view.since:.1f}:{until:.1f}]", f"set yrange [0:{top}]",
              f'set ytics {step} nomirror tc rgb "#010106"',
              'set xtics 2 nomirror tc rgb "#010106"',
              'set grid ytics lt 1 lc rgb "#010105" lw 1']
    for number, (label, colour, stream) in enumerate(panels):
        if number == len(panels) - 1:
            script.append(f'set xlabel "{view.xlabel}" tc rgb "#010106" offset 0,0.4')
        script += _panel(number, label, colour, stream, view)
    script.append("unset multiplot")
    return _finish(_gnuplot("\n".join(script) + "\n"), ident, title, words)


def _panel(number, label, colour, stream, view):
    """gnuplot's commands for one driver's stream."""
    marks, top = stream.marks, scale(stream)[0]
    begin, end = (marks[name] for name in view.band)
    intervals = view.shows(stream)
    lines = ["unset arrow", "unset object", "unset label",
             f'set object 1 rect from {begin:.3f},0 to {end:.3f},{top} '
             'behind fc rgb "#010103" fs solid 1 noborder',
             f'set label 1 "{label}" at graph 0.0,1.09 left '
             f'tc rgb "{colour}" font "sans-serif Bold,14"',
             'set ylabel "Mbit/s" tc rgb "#010106"']
    # At the foot: where the pings got no answer
    lines += [f'set object {index} rect from {since:.3f},0 to {until:.3f},'
              f'{top / 24:.3f} front fc rgb "#010106" fs solid 1 noborder'
              for index, (since, until) in enumerate(stream.silences, 2)]
    for index, (name, text, side) in enumerate(view.labels, 1):
        when = marks[name]
        offset = "-0.6" if side == "right" else "0.6"
        lines.append(f'set arrow {index} from {when:.3f},0 to {when:.3f},{top * 1.15:.1f} '
                     'nohead lc rgb "#010104" lw 1.5 dt 2 front')
        lines.append(f'set label {index + 1} "{text}" at {when:.3f},'
                     f'{top * 1.09:.1f} {side} offset char {offset},0 '
                     'tc rgb "#010106" font "sans-serif,12"')
    lines.append(f"$d{number} << EOD")
    lines += [f"{start:.3f} {min(rate, top):.3f}"
              for start, _, rate in intervals]
    lines += [f"{intervals[-1][1]:.3f} 0", "EOD",
              f'plot $d{number} using 1:2 with fillsteps fc rgb "{colour}" '
              f'fs transparent solid 0.25, $d{number} using 1:2 with steps '
              f'lc rgb "{colour}" lw 1.6']
    return lines


def describe(panels):
    """What a figure shows, in words."""
    parts = []
    for label, _, stream in panels:
        since, gap = stream.longest_gap()
        text = f"{label}: longest gap {gap} ms" + (f" at {since:.1f} s" if gap else "")
        if stream.is_udp:
            text += f", {stream.lost} of {stream.packets} packets lost"
        else:
            text += f", {stream.retransmits} retransmit{'s' * (stream.retransmits != 1)}"
        parts.append(text)
    return "; ".join(parts) + "."


def cut(panels, view=REPLUG):
    """A note about intervals that are higher than the axis, or nothing."""
    notes = []
    for label, _, stream in panels:
        high = [rate for _, _, rate in view.shows(stream) if rate > scale(stream)[0]]
        if high:
            notes.append(f"{label}: {len(high)} interval{'s' * (len(high) > 1)}, "
                         f"up to {max(high):.0f} Mbit/s")
    return ("Above the axis, where the sender catches up: " + "; ".join(notes) + "."
            if notes else "")


def _gnuplot(script):
    done = subprocess.run(["gnuplot"], input=script, text=True, check=False,
                          capture_output=True, timeout=60)
    if done.returncode or "<svg" not in done.stdout:
        words = done.stderr.strip().splitlines()
        raise ChartError("gnuplot: " + (words[-1] if words else "no output"))
    return done.stdout[done.stdout.index("<svg"):]


def _finish(svg, ident, title, description):
    """Put in the page's colours, a title and a description."""
    svg = re.sub(r"rgb\( *(\d+), *(\d+), *(\d+)\)",
                 lambda match: "#" + bytes(map(int, match.groups())).hex(), svg)
    for colour, value in COLOURS.items():
        svg = svg.replace(colour, value)
    svg = re.sub(r"<defs>.*?</defs>", "", svg, flags=re.S)
    svg = re.sub(r"<title>.*?</title>", "", svg, flags=re.S)
    svg = re.sub(r"<desc>.*?</desc>", "", svg, flags=re.S)
    svg = svg.replace('"black"', '"currentColor"').replace("'black'", "'currentColor'")
    head = (f'<title id="{ident}-t">{html.escape(title)}</title>'
            f'<desc id="{ident}-d">{html.escape(description)}</desc>')
    return re.sub(r"<svg([^>]*)>",
                  lambda match: f'<svg role="img" aria-labelledby="{ident}-t {ident}-d"'
                                f"{match[1]}>{head}", svg, count=1)
