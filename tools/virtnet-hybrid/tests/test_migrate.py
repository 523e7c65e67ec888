# SPDX-License-Identifier: GPL-2.0-or-later
"""Two hosts: a guest moves, or does not, and is whole where it is."""

import pytest

from rig import wait_for

MAC = "52:54:00:12:34:56"
ADDRESS = 51


@pytest.fixture(name="guest", scope="module")
def fixture_guest(hosts):
    """A guest on the first host, with its VF."""
    source = hosts[0]
    source.define("g1", ADDRESS)
    source.hybrid("attach", "g1", "--network", "pool", "--mac", MAC)
    source.virsh("start", "g1")
    source.wait_vf("g1")
    return "g1"


def uri(host):
    """As the other host reaches it."""
    return f"qemu+tcp://{host.name}/system"


def check_whole(hosts, here, guest, wire, used=1):
    """On that host and not on the other one, with its VF."""
    there = hosts[1 - hosts.index(here)]
    wait_for("it has its VF", lambda: here.status(guest)["vf"])
    assert wire.answers(ADDRESS)
    assert here.status(guest)["state"] == "as wished for"
    assert 'hold="' not in here.virsh("dumpxml", guest)
    assert "ua-standby" in here.virsh("dumpxml", "--inactive", guest)
    assert "ua-vf" not in here.virsh("dumpxml", "--inactive", guest)
    assert guest not in there.virsh("list", "--all", "--name").split()
    assert here.used() == used


def test_there_and_back(hosts, guest, wire):
    """With a VF on both hosts."""
    for here, there in (hosts, hosts[::-1]):
        plugs = here.log("hybridd.out").count("is to be plugged")
        with wire.pinging(ADDRESS) as pings:
            here.hybrid("migrate", guest, uri(there))
            there.wait_vf(guest)
        print(f"{here.name} to {there.name}: {pings}")
        check_whole(hosts, there, guest, wire)
        assert here.used() == 0
        assert here.log("hybridd.out").count("is to be plugged") == plugs
        # QEMU stops the guest for up to 300 ms, its code is cold to the emulator
        # then, and others may have the machine
        assert pings["lost"] < 200


def test_without_a_vf_there(hosts, guest, wire):
    """It goes by standby, and takes the first one that is given back."""
    here, there = hosts
    there.hold_vfs("h1", "h2")
    said = here.fails("virtnet-hybrid", "migrate", guest, uri(there),
                      "--need-vf")
    assert "0 of 2 VFs left" in said
    check_whole(hosts, here, guest, wire)
    here.hybrid("migrate", guest, uri(there))
    assert wire.answers(ADDRESS)
    assert there.status(guest)["state"] == "the pool is empty"
    there.virsh("destroy", "h1")
    check_whole(hosts, there, guest, wire, used=2)
    there.virsh("destroy", "h2")
    there.hybrid("migrate", guest, uri(here))
    check_whole(hosts, here, guest, wire)


def test_refused(hosts, guest, wire):
    """Before the VF was touched."""
    here, there = hosts
    there.virsh("net-destroy", "pool")
    for words, answer in (((uri(there),), "no active network pool"),
                          ((uri(here),), "is this host"),
                          (("qemu+tcp://nobody/system",), "no connection"),
                          ((uri(there), "--unplug-timeout", "0"), "timeout is")):
        with wire.pinging(ADDRESS) as pings:
            said = here.fails("virtnet-hybrid", "migrate", guest, *words)
        assert answer in said
        assert said.count("\n") == 1
        assert pings["lost"] == 0
        check_whole(hosts, here, guest, wire)
    there.virsh("net-start", "pool")


def test_failed(hosts, guest, wire):
    """When libvirt had begun: the guest has its VF here again."""
    here, there = hosts
    # Another one of the same name, so that the target refuses it
    there.define("g1", 99)
    said = here.fails("virtnet-hybrid", "migrate", guest, uri(there))
    assert "not migrated" in said
    there.virsh("undefine", "g1")
    check_whole(hosts, here, guest, wire)


def test_saved(hosts, guest, wire):
    """And restored."""
    here = hosts[0]
    here.hybrid("save", guest, "/tmp/saved")
    assert here.used() == 0
    assert not wire.answers(ADDRESS)
    here.hybrid("restore", "/tmp/saved")
    check_whole(hosts, here, guest, wire)
    said = here.fails("virtnet-hybrid", "save", guest, "/nowhere/saved")
    assert said.count("\n") == 1
    check_whole(hosts, here, guest, wire)
