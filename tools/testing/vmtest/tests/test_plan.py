# SPDX-License-Identifier: GPL-2.0-or-later
"""Which guests are booted."""

import pathlib
import re

import pytest

import plan
import spec

QEMUS = {10: "/q10", 11: "/q11"}


@pytest.fixture(name="tests")
def fixture_tests(tmp_path):
    """One test of each kind."""
    headers = {
        "plain": "timeout=100",
        "quiet": "alone=yes",
        "migrates": "qemu-matters=yes",
        "leaves": "qemu-matters=yes target-qemu=8",
        "kernels": "kernel-tests=yes debug=no",
        "boots": "built-in=yes",
        "turning": "turns=2 skips=rain",
        "steps": "newest=yes",
        "debian": "image=debian-12 debug=no",
        "dracut": "image=debian-12 initrd=dracut debug=no",
    }
    for name, header in headers.items():
        (tmp_path / f"{name}.sh").write_text(f"#!/bin/sh\n# vmtest: {header}\n")
    return {name: spec.Test(tmp_path / f"{name}.sh") for name in headers}


@pytest.fixture(name="make")
def fixture_make(tests):
    """The plan of two kernels, or of others: jobs by name, and what is left out."""
    def jobs_of(systems=None, **options):
        systems = systems or [
            plan.System("6.1", ["--kernel-dir", "/k1"], 7, "/t1",
                        image=("debian-12", lambda initrd: f"/i12{initrd or ''}")),
            plan.System("6.12", ["--kernel-dir", "/k12"], 10, "/t12")]
        todo = plan.Plan(systems, QEMUS, pathlib.Path("/logs"), **options)
        jobs, left_out = todo.jobs(tests.values())
        return {job.name: job for job in jobs}, left_out
    return jobs_of


def option(job, name):
    """Its value on a job's command line, or None."""
    words = job.command
    return words[words.index(name) + 1] if name in words else None


def test_the_newest_qemu(make):
    job = make()[0]["6.1/plain"]
    assert option(job, "--qemu-dir") == "/q11"
    assert option(job, "--kernel-dir") == "/k1"
    assert option(job, "--out") == "/logs/6.1/plain"
    assert job.seconds == 100 and not job.alone


def test_where_qemu_matters_each_kernel_has_its_own(make):
    jobs = make()[0]
    assert option(jobs["6.1/migrates-qemu7"], "--qemu-dir") is None
    assert option(jobs["6.12/migrates-qemu10"], "--qemu-dir") == "/q10"
    assert "6.12/migrates" not in jobs


def test_a_guest_that_leaves_for_a_newer_one(make):
    job = make()[0]["6.12/leaves-qemu7"]
    assert option(job, "--qemu-dir") is None
    assert option(job, "--target-qemu-dir") == "/q10"


def test_all_of_them_in_a_full_run(make):
    jobs = make(full=True)[0]
    for name in ("migrates-qemu7", "migrates-qemu10", "migrates"):
        assert f"6.1/{name}" in jobs
    job = jobs["6.1/plain"]
    assert option(job, "--env") == "BYPASS_FULL=1"
    assert option(job, "--timeout") == "1200" and job.seconds == 1200


def test_the_kernels_own_tests(make):
    jobs = make()[0]
    assert option(jobs["6.1/kernels"], "--add") == "/t1"
    assert option(jobs["6.1/plain"], "--add") is None


def test_alone(make):
    assert [name for name, job in make()[0].items() if job.alone] == [
        "6.1/quiet", "6.12/quiet"]


@pytest.mark.parametrize("turn, runs, waits", [
    (0, "6.1/turning", "6.12/turning"), (1, "6.12/turning", "6.1/turning"),
    (4, "6.1/turning", "6.12/turning"),
])
def test_turns(make, turn, runs, waits):
    jobs, left_out = make(turn=turn)
    assert runs in jobs and left_out == [waits]


@pytest.mark.parametrize("options", [{"full": True, "turn": 1}, {"turn": None}])
def test_no_turns_in_a_full_run_nor_for_names(make, options):
    jobs, left_out = make(**options)
    assert "6.1/turning" in jobs and "6.12/turning" in jobs and not left_out


def test_each_has_one_turn(tmp_path):
    tests = []
    for name in "abcde":
        (tmp_path / name).write_text("#!/bin/sh\n# vmtest: turns=3\n")
        tests.append(spec.Test(tmp_path / name))
    runs = []
    for turn in range(7, 10):
        todo = plan.Plan([plan.System("s", [])], QEMUS, tmp_path, turn=turn)
        runs += [job.name for job in todo.jobs(tests)[0]]
    assert sorted(runs) == ["s/a", "s/b", "s/c", "s/d", "s/e"]


def test_an_image_that_nobody_needs_is_not_made(tests, tmp_path):
    def make_image(_initrd):
        raise AssertionError("it is made")
    system = plan.System("s", [], image=("debian-12", make_image))
    todo = plan.Plan([system], QEMUS, tmp_path)
    assert todo.jobs([tests["plain"]])[0]
    with pytest.raises(AssertionError):
        todo.jobs([tests["debian"]])


def test_debug_kernels(make):
    lockdep = re.compile("lockdep")
    jobs = make([plan.System("m", [], debug=True, skips=[lockdep]),
                 plan.System("y", [], debug=True, built_in=True)])[0]
    assert "m/kernels" not in jobs and "m/plain" in jobs
    assert [name for name in jobs if name.startswith("y/")] == ["y/boots"]
    assert lockdep in jobs["m/plain"].skips


def test_the_list_is_that_of_a_kernel_tree(tmp_path):
    for name in ("a.sh", "b.sh"):
        (tmp_path / name).write_text("#!/bin/sh\n")
    (tmp_path / "Makefile").write_text(
        "TEST_PROGS := a.sh \\\n\t      b.sh\n\nTEST_FILES := c.sh\n")
    assert [test.name for test in plan.selftests(tmp_path / "Makefile")] == [
        "a.sh", "b.sh"]


def test_the_newest_kernel_only(make):
    jobs = make()[0]
    assert "6.12/steps" in jobs and "6.1/steps" not in jobs


def test_a_distribution_boots_its_own_kernel(make):
    jobs = make()[0]
    assert option(jobs["6.1/debian"], "--image") == "/i12"
    assert option(jobs["6.1/dracut"], "--image") == "/i12dracut"
    assert "6.12/debian" not in jobs
    assert option(jobs["6.1/plain"], "--image") is None
