# SPDX-License-Identifier: GPL-2.0-or-later
"""From what a guest said to passed, failed and skipped."""

import ktap
from klog import Scanner

QUOTED_LINES = 12


def judge(tests, spec, run):
    """Results per test: {name: [(outcome, text), ...]}, and lines that explain."""
    verdicts, notes = {}, {}
    for test in tests:
        verdicts[test.name] = _judge_test(run.tests.get(test.name), run)
        notes[test.name] = []
    # What belongs to no test counts against the last one that ran.
    last = [test.name for test in tests if test.name in run.tests] or [tests[0].name]
    for name, lines in _kernel_problems(spec, run, last[-1]).items():
        verdicts[name].append((ktap.FAILED, f"kernel log: {lines[0].strip()}"))
        notes[name] += _quote(lines)
    if run.problem:
        verdicts[last[-1]].append((ktap.FAILED, run.problem))
    return verdicts, notes


def _judge_test(result, run):
    if result is None:
        why = "did not start" if not run.ended else "was not run"
        return [(ktap.FAILED, why)]
    if result.timed_out:
        status = 0
    else:
        status = ktap.SKIP_STATUS if result.status is None else result.status
    results = ktap.read_results(result.lines, status)
    if result.timed_out:
        results = _without_empty(results) + [(ktap.FAILED, "timed out")]
    elif result.status is None:
        results = _without_empty(results) + [(ktap.FAILED, "did not end")]
    return results


def _without_empty(results):
    """Drop the result which stands for "no results"."""
    return [item for item in results
            if item not in ((ktap.PASSED, "exit status 0"), (ktap.SKIPPED, "skipped"))]


def _kernel_problems(spec, run, last):
    """Offending lines per test."""
    scanner = Scanner(spec.allow)
    found = scanner.scan("\n".join(run.sections.get("dmesg", [])))
    found += scanner.scan(run.console)
    found += scanner.scan_section("\n".join(run.sections.get("kmemleak", [])))
    problems = {}
    for name, line in found:
        problems.setdefault(name if name in run.tests else last, []).append(line)
    return problems


def _quote(lines):
    quoted = ["kernel: " + line for line in lines[:QUOTED_LINES]]
    if len(lines) > QUOTED_LINES:
        quoted.append(f"kernel: and {len(lines) - QUOTED_LINES} lines more")
    return quoted
