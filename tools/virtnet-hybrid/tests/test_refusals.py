# SPDX-License-Identifier: GPL-2.0-or-later
"""What cannot be: one line, status 1, and nothing has changed."""

import pytest

MAC = "52:54:00:12:34:56"
OLD = """
<domain type='qemu'>
  <name>old</name><memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices>
</domain>
"""
OTHER = """
<domain type='qemu'>
  <name>other</name><memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <interface type='bridge'>
      <mac address='52:54:00:00:00:77'/><source bridge='br0'/>
      <model type='virtio'/>
    </interface>
  </devices>
</domain>
"""
# Who is of no use for a pool, whose metadata is damaged, or of another program
PLAIN = "<network><name>plain</name></network>"
NEWER = """
<domain type='qemu'>
  <name>newer</name>
  <metadata>
    <hybrid:hybrid xmlns:hybrid='urn:virtnet-hybrid' version='2'/>
  </metadata>
  <memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices>
</domain>
"""
REFUSED = [
    (["attach", "nobody", "--network", "pool"], "no domain 'nobody'"),
    (["attach", "g1", "--network", "nowhere"], "nowhere"),
    (["attach", "g1", "--network", "plain"], "nothing says where standby is"),
    (["attach", "g1"], "whose VF"),
    (["attach", "g1", "--network", "pool", "--mac", "52:54"], "no MAC address"),
    (["attach", "g1", "--network", "pool", "--mac", "01:00:5e:00:00:01"],
     "multicast"),
    (["attach", "g1", "--network", "pool", "--mac", "00:00:00:00:00:00"], "zeros"),
    (["attach", "g1", "--network", "pool", "--mac", "52:54:00:00:00:77"],
     "address of other"),
    (["attach", "g1", "--network", "pool", "--live"], "does not run"),
    (["attach", "old", "--network", "pool"], "no PCIe"),
    (["attach", "newer", "--network", "pool"], "newer than 1"),
    (["detach", "g1"], "no hybrid interface"),
    (["detach", "g1", "--mac", MAC], "no hybrid interface"),
    (["detach", "g1", "--live"], "does not run"),
    (["wish", "g1", "both"], "vf or standby"),
    (["wish", "g1", "vf"], "does not run"),
    (["check", "nobody"], "no domain 'nobody'"),
    (["check", "/etc/hostname"], "no XML"),
    (["status", "nobody"], "no domain 'nobody'"),
    (["network", "define", "n", "--pf", "nic9", "--bridge", "br0"],
     "no netdev nic9"),
    (["network", "define", "n", "--pf", "uplink", "--bridge", "br0"],
     "no physical function"),
    (["network", "define", "n", "--pf", "uplink"], "where is standby"),
    (["network", "define", "n", "--pf", "uplink", "--bridge", "br0", "--macvtap"],
     "where is standby"),
    (["network", "define", "n", "--bridge", "br0"], "whose VFs"),
    (["network", "define", "n", "--pf", "uplink", "--bridge", "br0", "--vlan",
      "4095"], "1 to 4094"),
    (["network", "undefine", "plain"], "nothing says where standby is"),
    (["network", "undefine", "nowhere"], "nowhere"),
    (["--connect", "test+nothing:///", "status"], "no connection"),
]


@pytest.fixture(name="domains", scope="module")
def fixture_domains(host):
    """Of all kinds."""
    host.define("g1", 51)
    for name, text in (("old", OLD), ("other", OTHER), ("newer", NEWER)):
        host.write(f"/tmp/{name}.xml", text)
        host.virsh("define", f"/tmp/{name}.xml")
    host.write("/tmp/plain.xml", PLAIN)
    host.virsh("net-define", "/tmp/plain.xml")
    return ["g1", "old", "other", "newer"]


def everything(host, domains):
    """All that could have changed."""
    return [host.virsh("dumpxml", "--inactive", name) for name in domains] + [
        host.virsh("net-dumpxml", name) for name in ("pool", "plain")] + [
        host.virsh("list", "--all"), host.virsh("net-list", "--all")]


@pytest.mark.parametrize("words,answer", REFUSED, ids=lambda value: " ".join(value)
                         if isinstance(value, list) else "-")
def test_refused(host, domains, words, answer):
    """Each of them."""
    before = everything(host, domains)
    said = host.fails("virtnet-hybrid", *words)
    assert answer in said
    assert said.count("\n") == 1
    assert everything(host, domains) == before


def test_taken_twice(host, domains):
    """The second interface with the same address is refused, the first stays."""
    assert domains
    host.hybrid("attach", "g1", "--network", "pool", "--mac", MAC)
    before = everything(host, domains)
    for name in ("g1", "other"):
        said = host.fails("virtnet-hybrid", "attach", name, "--network",
                          "pool", "--mac", MAC)
        assert MAC in said
    assert everything(host, domains) == before
    host.hybrid("detach", "g1")


@pytest.mark.usefixtures("domains")
def test_one_that_libvirt_refuses(host):
    """In the middle: standby is there, and then its port's name is taken."""
    host.define("full", 52)
    xml = host.virsh("dumpxml", "--inactive", "full")
    taken = ("<rng model='virtio'><backend model='random'>/dev/urandom</backend>"
             "<alias name='ua-port-525400123456'/></rng>")
    host.write("/tmp/full.xml", xml.replace("<devices>", f"<devices>{taken}"))
    host.virsh("define", "/tmp/full.xml")
    before = host.virsh("dumpxml", "--inactive", "full")
    said = host.fails("virtnet-hybrid", "attach", "full", "--network",
                      "pool", "--mac", MAC)
    print(said)
    assert said.count("\n") == 1
    assert host.virsh("dumpxml", "--inactive", "full") == before
