# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests of a guest that sleeps share; sourced after lib.sh, and after
# flood_lib.sh for those that flood.

# devices_freeze HOW: all devices, up to where the machine would sleep (mem) or
# write its image (disk), and back
devices_freeze()
{
	local slept=1

	echo devices > /sys/power/pm_test
	! echo "$1" > /sys/power/state || slept=0
	echo none > /sys/power/pm_test
	return "$slept"
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
	# QEMU's e1000e does not always read from its tap again after a sleep
	# under load, until it is started anew; nor does the peer's, see below
	if [ "$path" = vf ] && [ "$(driver_of "$VF")" = e1000e ]; then
		vf_set down
		vf_set up
	fi
	check "$words: traffic by $path" ping_by "$path"
	check "$words: the same settings" [ "$(states)" = "$before" ]
	note "$(packets tx) packets sent, $tx before"
	note "$(packets rx) packets received, $rx before"
	check "$words: the counters go on" \
		[ "$(packets tx)" -gt "$tx" -a "$(packets rx)" -gt "$rx" ]
	# A new address makes the device filter, if it did not
	ip maddress add 33:33:00:00:77:77 dev "$MASTER"
	# The peer's NIC is an e1000e that does not always wake up, see
	# hibernate.sh
	ip -n peer link set dev peer0 down
	ip -n peer link set dev peer0 up
	ip -n peer link set dev peer0.7 up
	check_wait "$words: the VLAN" vlan_works
	ip maddress del 33:33:00:00:77:77 dev "$MASTER"
}

# settings_of_sleep: those of the master
settings_of_sleep()
{
	setup_vlan
	ip link set dev "$MASTER" mtu 1400
	ethtool -K "$MASTER" gro off
}

# setup_sleep: a VLAN with a peer in it, and settings that a sleep may lose
setup_sleep()
{
	setup_peer
	ip -n peer link add link peer0 name peer0.7 type vlan id 7
	ip -n peer address add 198.51.100.3/24 dev peer0.7
	ip -n peer link set dev peer0.7 up
	settings_of_sleep
}
