#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest sleeps and wakes, on standby and with a VF in use: suspend to RAM,
# and a hibernation up to the image (no disk to write it to). It keeps its
# settings and goes on by the path that is there. The host plugs a VF, takes one
# away and changes a link while the guest sleeps.
#
# QEMU's firmware tells of no hot-plug after a sleep, so the bus is scanned.
#
# vmtest: smp=2 timeout=250 append=no_console_suspend

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flood.sh"

sleep_in_ram()
{
	vmsuspend "$@"
}

# All devices freeze for the image of a hibernation, and are restored
sleep_on_disk()
{
	local slept=1

	echo devices > /sys/power/pm_test
	! echo disk > /sys/power/state || slept=0
	echo none > /sys/power/pm_test
	return "$slept"
}

# The same, but an image is made, for which there is no room: all devices thaw
fail_to_sleep()
{
	! echo disk > /sys/power/state 2> /dev/null &&
		logged 'Cannot find swap device'
}

packets()
{
	statistic "$MASTER" "$1_packets"
}

state()
{
	ip -o link show dev "$1" | grep -oE 'mtu [0-9]+|PROMISC'
	ethtool -k "$1" | grep '^generic-receive-offload'
	ls "/sys/class/net/$1/queues"
}

states()
{
	state "$MASTER"
	! vf=$(find_vf "$MASTER") || state "$vf"
}

vlan_works()
{
	ping -q -c 5 -i 0.2 -W 2 198.51.100.3 | grep -q ' [1-5] received'
}

# sleeps WORDS PATH HOW...: sleep under traffic, then by the same path again
sleeps()
{
	local words=$1 path=$2 before tx rx
	shift 2

	flood_begin
	check_flood "$words: a flood runs by $path" "$path"
	before=$(states)
	tx=$(packets tx) rx=$(packets rx)
	check "$words: sleeps and wakes" "$@"
	check_wait "$words: $path is in use again" "on_$path" "$MASTER"
	check_flood "$words: the flood goes on by $path" "$path"
	flood_end
	check "$words: traffic by $path" ping_by "$path"
	check "$words: the same settings" [ "$(states)" = "$before" ]
	note "$(packets tx) packets sent, $tx before"
	note "$(packets rx) packets received, $rx before"
	check "$words: the counters go on" \
		[ "$(packets tx)" -gt "$tx" -a "$(packets rx)" -gt "$rx" ]
	# A new address makes the device filter, if it did not
	ip maddress add 33:33:00:00:77:77 dev "$MASTER"
	# The peer's NIC is an e1000e that does not always wake up, see below
	ip -n peer link set dev peer0 down
	ip -n peer link set dev peer0 up
	ip -n peer link set dev peer0.7 up
	check_wait "$words: the VLAN" vlan_works
	ip maddress del 33:33:00:00:77:77 dev "$MASTER"
}

rescan()
{
	echo 1 > /sys/bus/pci/rescan
}

remove_vf()
{
	echo 1 > "/sys/class/net/$VF/device/remove"
}

[ -w /sys/power/pm_test ] || skip_all "needs CONFIG_PM_DEBUG"
setup_master
[ "$(command -v vmsuspend)" ] || skip_all "needs a host that wakes its guest"
# Not QEMU's failover pair: that gives the VF back when the features are
# negotiated again, even if the host took it away
setup_peer
ip -n peer link add link peer0 name peer0.7 type vlan id 7
ip -n peer address add 198.51.100.3/24 dev peer0.7
ip -n peer link set dev peer0.7 up
ip link add link "$MASTER" name vlan7 type vlan id 7
ip address add 198.51.100.2/24 dev vlan7
ip link set dev vlan7 up
ip link set dev "$MASTER" mtu 1400
ethtool -K "$MASTER" gro off

sleeps "standby, RAM" standby sleep_in_ram

# Not e1000e here: QEMU 7.2 forgets to interrupt for a packet that came while it
# was frozen. rtl8139 has to be the first one on its tap (see models.sh).
plug_vf rtl8139 pair=no
sleeps "rtl8139, disk" vf fail_to_sleep
unplug_vf

plug_vf e1000e pair=no
ip link set dev "$MASTER" promisc on
sleeps "e1000e, RAM" vf sleep_in_ram
ip link set dev "$MASTER" promisc off

ip link set dev "$MASTER" down
check "master down: sleeps and wakes" sleep_in_ram
ip link set dev "$MASTER" up
check_wait "master down: set up, the VF follows" on_vf "$MASTER"
check "master down: traffic by the VF" ping_by vf

# The host kept the virtio link down, and the VF is not there any more
vmhost link standby off
check "the VF goes: sleeps and wakes" sleep_in_ram \
	unplug-async + link standby on + path standby
check_wait "the VF went: standby is in use" on_standby "$MASTER"
check "the VF went: traffic by standby" ping_by standby
remove_vf
check_wait "the VF went: it leaves" vf_is_gone "$MASTER"
check "the VF left: traffic by standby" ping_by standby

check "a VF comes: sleeps and wakes" sleep_in_ram \
	plug vmxnet3 pair=no
rescan
check_wait "a VF came: it is enslaved" is_paired "$MASTER"
check_wait "a VF came: it is in use" on_vf "$MASTER"
vmhost path vf
VF=$(find_vf "$MASTER")
check "two queues of the VF" [ -e "/sys/class/net/$VF/queues/tx-1" ]
sleeps "vmxnet3, RAM" vf sleep_in_ram

sleeps "vmxnet3, disk" vf sleep_on_disk

# Last, as this driver stays suspended: it has no callback for the thaw
check "vmxnet3 stays asleep: thaw" fail_to_sleep
vmhost path standby
check_wait "vmxnet3 stays asleep: standby is in use" on_standby "$MASTER"
check "vmxnet3 stays asleep: traffic by standby" ping_by standby
finish
