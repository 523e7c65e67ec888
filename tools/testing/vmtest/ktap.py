# SPDX-License-Identifier: GPL-2.0-or-later
"""Read a test's KTAP output and write ours."""

import collections
import re

RESULT = re.compile(r"^(ok|not ok)\b(?: (\d+))?(?: -)? ?(.*)$")
DIRECTIVE = re.compile(r"\s+# *(SKIP|TODO|XFAIL)\b.*$", re.IGNORECASE)
PLAN = re.compile(r"^1\.\.(\d+)(?:\s+#\s*(SKIP)?\s*(.*))?$", re.IGNORECASE)
KTAP_LINE = re.compile(r"^(?:K?TAP version \d|1\.\.\d|ok\b|not ok\b|#|\s|$)")

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
SKIP_STATUS = 4


def outcome(line):
    """The (outcome, name) of a result line; None for other lines."""
    match = RESULT.match(line)
    if not match:
        return None
    directive = DIRECTIVE.search(" " + match[3])
    name = DIRECTIVE.sub("", " " + match[3]).strip() or f"result {match[2]}"
    word = directive[1].upper() if directive else ""
    if word == "SKIP":
        return SKIPPED, name
    if match[1] == "not ok" and not word:
        return FAILED, name
    return PASSED, name


def read_results(lines, status):
    """The (outcome, name) pairs of a test, given its output and exit status."""
    results = [result for result in map(outcome, lines) if result]
    plans = [match for match in map(PLAN.match, lines) if match]
    failed = any(result[0] == FAILED for result in results)
    if plans and int(plans[-1][1]) != len(results):
        results.append((FAILED, f"{len(results)} results, but the plan "
                                f"was {plans[-1][1]}"))
    elif status not in (0, SKIP_STATUS) and not failed:
        results.append((FAILED, f"exit status {status}"))
    elif not results:
        skipped = status == SKIP_STATUS or (plans and plans[-1][2])
        why = plans[-1][3] if plans else None
        results.append((SKIPPED, why or "skipped") if skipped
                       else (PASSED, "exit status 0"))
    return results


def nested(line):
    """A line of a test, as it appears below the runner's own results."""
    return "    " + (line if KTAP_LINE.match(line) else "# " + line)


def result_line(number, results, name):
    """The runner's result for one test."""
    kinds = {result[0] for result in results}
    if FAILED in kinds:
        return f"not ok {number} {name}"
    if kinds == {SKIPPED}:
        return f"ok {number} {name} # SKIP {results[0][1]}"
    return f"ok {number} {name}"


def summary(results):
    """The last line of a run."""
    return count_line(collections.Counter(kind for kind, _ in results))


def count_line(count):
    """So many of each outcome."""
    text = f"{count[PASSED]} passed, {count[FAILED]} failed"
    if count[SKIPPED]:
        text += f", {count[SKIPPED]} skipped"
    return text
