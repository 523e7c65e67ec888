# SPDX-License-Identifier: GPL-2.0-or-later
"""One host: an interface is declared, its VF comes and goes, and nothing is left."""

import signal

import pytest

from rig import wait_for

MAC = "52:54:00:12:34:56"
ADDRESS = 51
# libvirt's words
NO_VF = "Cannot get interface MAC on 'vf0'"


@pytest.fixture(name="guest", scope="module")
def fixture_guest(host):
    """A guest that was given an interface, and has its VF."""
    host.define("g1", ADDRESS)
    assert host.hybrid("attach", "g1", "--network", "pool", "--mac",
                       MAC) == f"{MAC}\n"
    assert "does not run" in host.status("g1")["state"]
    assert host.hybrid("check", "g1") == ""
    host.start_hybridd()
    host.virsh("start", "g1")
    host.wait_vf("g1")
    yield "g1"
    host.virsh("destroy", "g1")
    host.stop("hybridd")


@pytest.fixture(name="whole")
def fixture_whole(host, wire, guest):
    """All is as it was before the test, and again after it."""
    def check():
        host.wait_vf(guest)
        assert wire.answers(ADDRESS)
        state = host.status(guest)
        assert state["state"] == "as wished for"
        assert state["negotiated"]
        assert state["pool"] == {"used": 1, "size": 2}
        inactive = host.virsh("dumpxml", "--inactive", guest)
        assert "ua-vf" not in inactive
        assert "hybrid-boot" not in inactive
    check()
    yield
    check()


@pytest.mark.usefixtures("whole")
def test_unplug_and_plug_lose_nothing(host, wire, guest):
    """Over a bridge with both ports the guest's own word is enough."""
    with wire.pinging(ADDRESS) as pings:
        for _ in range(3):
            host.hybrid("wish", guest, "standby")
            host.wait_vf(guest, False)
            host.hybrid("wish", guest, "vf")
            host.wait_vf(guest)
    print(pings)
    assert pings["sent"] > 50
    assert pings["lost"] == 0


@pytest.mark.usefixtures("whole")
def test_an_empty_pool_is_waited_for(host, guest):
    """And the first VF that somebody gives back is taken."""
    host.hybrid("wish", guest, "standby")
    host.wait_vf(guest, False)
    host.hold_vfs("h1", "h2")
    host.hybrid("wish", guest, "vf")
    wait_for("the pool is empty",
             lambda: "pool is empty" in host.status(guest)["state"])
    wait_for("it is logged", lambda: "the pool is empty" in host.log("hybridd.out"))
    host.virsh("destroy", "h1")
    host.wait_vf(guest)
    host.virsh("destroy", "h2")


@pytest.mark.usefixtures("whole")
def test_what_fails_is_tried_again(host, guest):
    """And told once."""
    host.hybrid("wish", guest, "standby")
    host.wait_vf(guest, False)
    host.remove_vfs()
    failures = host.log("libvirtd.log").count(NO_VF)
    host.hybrid("wish", guest, "vf")
    wait_for("libvirt has failed three times",
             lambda: host.log("libvirtd.log").count(NO_VF) >= failures + 3)
    assert host.log("hybridd.out").count(NO_VF) == 1
    host.make_vfs()
    host.wait_vf(guest)


@pytest.mark.usefixtures("whole")
def test_the_daemon_may_be_killed(host, guest):
    """Who comes after it sees what is to be done."""
    host.stop("hybridd", signal.SIGKILL)
    host.hybrid("wish", guest, "standby")
    host.start_hybridd()
    host.wait_vf(guest, False)
    host.stop("hybridd", signal.SIGKILL)
    host.hybrid("wish", guest, "vf")
    host.start_hybridd()
    host.wait_vf(guest)


@pytest.mark.usefixtures("whole")
def test_libvirtd_may_be_killed(host, guest):
    """The daemon connects again, and goes on."""
    for wish in ("standby", "vf"):
        host.stop("libvirtd", signal.SIGKILL)
        host.start_libvirtd()
        host.hybrid("wish", guest, wish)
        host.wait_vf(guest, wish == "vf")


@pytest.mark.usefixtures("whole")
def test_a_reset_guest_has_its_vf_again(host, guest):
    """Its driver asks for it as it did at first."""
    asked = host.log("g1.console").count("guest: eth0 has")
    host.virsh("reset", guest)
    wait_for("the guest has booted again",
             lambda: host.log("g1.console").count("guest: eth0 has") > asked)


@pytest.mark.usefixtures("whole")
def test_one_daemon_for_a_host(host):
    """The second one says so."""
    assert "another one" in host.fails("virtnet-hybridd")


def test_nothing_is_left(host, guest):
    """Of an interface that was taken away, but for the port that cannot go."""
    host.hybrid("detach", guest)
    inactive = host.virsh("dumpxml", "--inactive", guest)
    assert "ua-" not in inactive
    assert "virtnet-hybrid" not in inactive
    wait_for("the daemon has forgotten it",
             lambda: "virtnet-hybrid" not in host.virsh("dumpxml", guest))
    live = host.virsh("dumpxml", guest)
    assert "ua-standby" not in live
    assert "ua-vf" not in live
    assert host.virsh("net-port-list", "pool").split()[2:] == []
