# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of virtnet-hybrid need: programs, guests, hosts."""

import os
import pathlib
import signal
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(TOP / "tools/testing/vmtest"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
import rig  # noqa: E402


class Tap:
    """A line of KTAP for each test, instead of pytest's dots."""

    def __init__(self, reporter):
        self._reporter = reporter
        self._count = 0

    def pytest_runtest_logreport(self, report):
        """One of setup, call and teardown; the second one counts if it comes to it."""
        if report.passed and report.when != "call":
            return
        self._count += 1
        word = "ok" if not report.failed else "not ok"
        name = report.nodeid.rpartition("::")[2].replace("#", "")
        why = f" # SKIP {report.longrepr[2]}" if report.skipped else ""
        self._reporter.ensure_newline()
        self._reporter.write_line(f"{word} {self._count} {name}{why}")


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    """For make check, which may ask these tests to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    config.pluginmanager.register(Tap(reporter))


def pytest_report_teststatus(report):
    """No letters between these lines."""
    if report.when == "call" or not report.passed:
        return report.outcome, "", report.outcome.upper()
    return None


@pytest.fixture(name="shared", scope="session")
def fixture_shared():
    """Where the programs and the guest are: make check has made it."""
    path = pathlib.Path(os.environ["HYBRID_SHARED"])
    assert (path / "ours.cpio").exists()
    return path


@pytest.fixture(name="root", scope="session")
def fixture_root():
    """A system with libvirt."""
    return pathlib.Path(os.environ["HYBRID_ROOT"])


@pytest.fixture(name="wire", scope="module")
def fixture_wire():
    """Between all hosts."""
    with rig.Wire() as wire:
        yield wire


@pytest.fixture(name="host", scope="module")
def fixture_host(wire, root, shared, tmp_path_factory):
    """One host, with a pool."""
    assert wire
    with rig.Host(1, root, shared, tmp_path_factory.mktemp("hosts")) as host:
        host.define_pool()
        yield host


@pytest.fixture(name="hosts", scope="module")
def fixture_hosts(host, root, shared, tmp_path_factory):
    """Two of them, both with a pool and the daemon."""
    with rig.Host(2, root, shared, tmp_path_factory.mktemp("hosts")) as other:
        other.define_pool()
        for one in (host, other):
            one.start_hybridd()
        yield host, other
