# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test prints, and what we print of it."""

import pytest

import ktap


@pytest.mark.parametrize("line, result", [
    ("ok 1 name", (ktap.PASSED, "name")),
    ("ok 2 - name", (ktap.PASSED, "name")),
    ("not ok 3 name", (ktap.FAILED, "name")),
    ("ok 4 name # SKIP reason", (ktap.SKIPPED, "name")),
    ("not ok 5 name # TODO reason", (ktap.PASSED, "name")),
    ("not ok 6 name # XFAIL reason", (ktap.PASSED, "name")),
    ("ok 7", (ktap.PASSED, "result 7")),
    ("okay", None), ("# ok 8", None), ("1..3", None),
])
def test_outcome(line, result):
    assert ktap.outcome(line) == result


def test_plan_that_is_not_kept():
    results = ktap.read_results(["ok 1 a", "1..2"], 0)
    assert results[-1] == (ktap.FAILED, "1 results, but the plan was 2")


def test_status_without_results():
    assert ktap.read_results([], 0) == [(ktap.PASSED, "exit status 0")]
    assert ktap.read_results([], 4) == [(ktap.SKIPPED, "skipped")]
    assert ktap.read_results([], 3) == [(ktap.FAILED, "exit status 3")]


def test_a_status_counts_once():
    assert ktap.read_results(["not ok 1 a", "1..1"], 1) == [(ktap.FAILED, "a")]


def test_reason_of_a_skip():
    results = ktap.read_results(["1..0 # SKIP needs x"], 4)
    assert results == [(ktap.SKIPPED, "needs x")]
    assert ktap.result_line(1, results, "a.sh") == "ok 1 a.sh # SKIP needs x"


def test_summary():
    results = [(ktap.PASSED, "a"), (ktap.FAILED, "b"), (ktap.PASSED, "c")]
    assert ktap.summary(results) == "2 passed, 1 failed"
    assert ktap.summary([(ktap.SKIPPED, "d")]) == "0 passed, 0 failed, 1 skipped"


def test_nested():
    assert ktap.nested("ok 1 a") == "    ok 1 a"
    assert ktap.nested("prose") == "    # prose"
