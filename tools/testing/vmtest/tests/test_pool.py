# SPDX-License-Identifier: GPL-2.0-or-later
"""What the jobs of a plan come to."""

import re

import pytest

import pool
from plan import Job


@pytest.fixture(name="run")
def fixture_run(tmp_path):
    """A pool that has run these jobs, and what was printed."""
    def run(*jobs, side_by_side=2):
        said = []
        lot = pool.Pool(tmp_path, said.append)
        lot.run(jobs, side_by_side)
        return lot, said
    return run


def shell(name, text, **keys):
    """A job that is a line of shell."""
    return Job(name, ["sh", "-c", text], **keys)


def test_counts_are_added(run):
    lot, said = run(shell("a", "echo 2 passed, 0 failed"),
                    shell("b", "echo 3 passed, 0 failed, 1 skipped"))
    assert lot.summary() == "5 passed, 0 failed, 1 skipped"
    assert not lot.failures and "a: 2 passed, 0 failed" in said


def test_ktap_without_counts(run):
    assert run(shell("a", "echo ok 1 x; echo ok 2 y; echo 1..2"))[
        0].summary() == "2 passed, 0 failed"


@pytest.mark.parametrize("text, failed", [
    ("echo '# failed: x.sh: this'; echo 1 passed, 1 failed; exit 1", "x.sh: this"),
    ("echo not ok 1 x; exit 1", ""),
    ("echo 1 passed, 0 failed; exit 2", "ended with status 2"),
    ("echo 1 passed, 0 failed; exit 1", "ended with status 1"),
    ("kill -9 $$", "ended with status -9"),
    ("echo broken; exit 3", "ended with status 3"),
])
def test_failures_are_told(run, text, failed):
    lot, _ = run(shell("6.1/a", text))
    assert lot.counts["failed"] >= 1
    assert lot.failures[0].startswith("# failed: 6.1/a")
    assert any(failed in line for line in lot.failures)
    assert lot.quotes[0] == "# 6.1/a:"


def test_a_skip_that_nobody_expects_fails(run):
    text = ("echo '    ok 1 x # SKIP it rains'; echo '    ok 2 y'; "
            "echo ok 1 a.sh; echo 1 passed, 0 failed, 1 skipped")
    lot, _ = run(shell("a", text))
    assert lot.summary() == "1 passed, 1 failed"
    assert lot.failures == ["# failed: a: unexpected: x # SKIP it rains"]
    lot, _ = run(shell("a", text, skips=[re.compile("rain")]))
    assert lot.summary() == "1 passed, 0 failed, 1 skipped"


def test_a_test_that_is_skipped_counts_once(run):
    lot, _ = run(shell("a", "echo '    1..0 # SKIP no module'; "
                            "echo 'ok 1 a.sh # SKIP no module'; "
                            "echo 0 passed, 0 failed, 1 skipped"))
    assert lot.summary() == "0 passed, 1 failed"


SHY = ("if [ -e {0} ]; then echo 2 passed, 0 failed; else touch {0}; "
       "echo '# failed: a.sh: {1}'; echo 1 passed, 1 failed; exit 1; fi")


@pytest.mark.parametrize("failure, summary", [
    ("as many queues", "2 passed, 0 failed"),
    ("kernel log: WARNING: at net/core", "1 passed, 1 failed"),
    ("timed out", "1 passed, 1 failed"),
    ("no end after 300 s, the guest is running", "1 passed, 1 failed"),
])
def test_a_second_chance(run, tmp_path, failure, summary):
    job = shell("6.1/a", SHY.format(tmp_path / "mark", failure))
    lot, _ = run(job)
    lot.run_again([job])
    assert lot.summary() == summary
    assert lot.flaky == ([f"# flaky: 6.1/a: a.sh: {failure}"]
                         if "2" in summary else [])


def test_no_second_chance_for_many(run, tmp_path):
    jobs = [shell(str(number), SHY.format(tmp_path / str(number), "this"))
            for number in range(4)]
    lot, _ = run(*jobs)
    lot.run_again(jobs)
    assert lot.summary() == "4 passed, 4 failed" and not lot.flaky


def test_a_second_failure_counts_once(run):
    job = shell("a", "echo '# failed: a.sh: x'; echo 1 passed, 1 failed; exit 1")
    lot, _ = run(job)
    lot.run_again([job])
    assert lot.summary() == "1 passed, 1 failed" and len(lot.failures) == 1


def test_quotes():
    lines = [f"line {number}" for number in range(40)]
    assert pool.quote(lines) == lines[-12:]
    lines[3] = "    not ok 1 x"
    assert pool.quote(lines)[0] == "    not ok 1 x"
    assert len(pool.quote(lines)) == 13


def test_the_longest_begins_first(run):
    _, said = run(shell("short", "echo 1 passed, 0 failed", seconds=1),
                  shell("long", "echo 1 passed, 0 failed", seconds=9),
                  side_by_side=1)
    assert said[0].startswith("long: ")
