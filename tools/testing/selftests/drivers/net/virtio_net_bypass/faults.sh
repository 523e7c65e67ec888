#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Counters and settings with a VF's driver that does what no emulated NIC does
# (test_vf): its counters read as zero for a moment, it has detached its netdev
# when something is set, its packets come with the sum of their whole data, it
# shows more tx queues than it uses.
#
# vmtest: timeout=300

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vflayer_lib.sh"

OBJECT=$(dirname "$0")/xdp.bpf.o
readonly OBJECT

# Once, as whoever happens to read them then
glance()
{
	ip -s link show dev "$MASTER" > /dev/null
}

sums()
{
	echo "$(statistic "$MASTER" tx_packets) $(statistic "$MASTER" rx_packets)"
}

# grew BEFORE MOST: neither sum by more
grew()
{
	local before after

	read -ra before <<< "$1"
	read -ra after <<< "$(sums)"
	note "sums ${before[*]} before, ${after[*]} after"
	[ "${after[0]}" -ge "${before[0]}" ] &&
		[ "${after[1]}" -ge "${before[1]}" ] &&
		[ "${after[0]}" -le $((before[0] + $2)) ] &&
		[ "${after[1]}" -le $((before[1] + $2)) ]
}

# zero_once: the VF's counters go back, and come back
zero_once()
{
	next_vf zero_stats 1
	glance
	next_vf zero_stats 0
	glance
}

# adds_up N: neither sum by less
adds_up()
{
	local before after

	read -ra before <<< "$(sums)"
	ping_by vf || return 1
	read -ra after <<< "$(sums)"
	note "sums ${before[*]} before, ${after[*]} after"
	[ $((after[0] - before[0])) -ge 20 ] &&
		[ $((after[1] - before[1])) -ge 20 ]
}

check_counters()
{
	local before

	for _ in 1 2 3 4 5; do
		ping_by vf
	done > /dev/null
	before=$(sums)
	zero_once
	check "counters that are back add nothing" grew "$before" 50
	zero_once
	zero_once
	check "however often" grew "$before" 50
	check "and go on then" adds_up
	before=$(sums)
	next_vf zero_stats 1
	glance
	ping_by vf > /dev/null
	next_vf zero_stats 0
	check "what came meanwhile is added" [ "$(statistic "$MASTER" tx_packets)" \
		-ge $((${before% *} + 20)) ]
	check "and no more" grew "$before" 50
}

shows_link()
{
	ethtool "$MASTER" > /dev/null
}

check_detached()
{
	vf_does detach
	check "detached: a feature is set" ethtool -K "$MASTER" gro off
	check "detached: the link is shown" shows_link
	check "detached: a VLAN" add_vlan 9
	check "detached: the MTU" ip link set dev "$MASTER" mtu 1400
	[ ! -e "$OBJECT" ] ||
		check "detached: a program" \
			ip link set dev "$MASTER" xdpdrv obj "$OBJECT" sec xdp
	check "detached: nobody called its driver" \
		parameter_is calls_detached 0
	wait_for on_standby "$MASTER"
	vmhost path standby
	check "detached: traffic by standby" ping_by standby

	vf_does resume
	check_wait "attached: it is in use" on_vf "$MASTER"
	vmhost path vf
	check "attached: traffic" ping_by vf
	check "attached: it has the feature" \
		feature_is "$VF" generic-receive-offload off
	check "attached: it has the MTU" \
		[ "$(cat "/sys/class/net/$VF/mtu")" -eq 1400 ]
	[ ! -e "$OBJECT" ] ||
		check "attached: the program drops" \
			fails ping -q -c 1 -W 3 -s 300 "$HOST"
	ip link set dev "$MASTER" xdpdrv off
	ip link set dev "$MASTER" mtu 1500
	ethtool -K "$MASTER" gro on
	ip link del dev vlan9
}

# By the VLAN and without it, with a program that runs in the stack
check_sums()
{
	ip link set dev "$MASTER" xdpdrv obj "$OBJECT" sec xdp ||
		bail "the program cannot be attached"
	check "whole sums and a program: traffic" ping_by vf
	check "whole sums and a program: a VLAN" \
		all_answered "" 20 198.51.100.3
	check "the sums were right" fails logged 'hw csum failure'
	ip link set dev "$MASTER" xdpdrv off
}

setup_master
needs_layer
setup_peer
ip -n peer link add link peer0 name peer0.7 type vlan id 7
ip -n peer address add 198.51.100.3/24 dev peer0.7
ip -n peer link set dev peer0.7 up
setup_vlan

layer_on e1000e
plug_vf e1000e
check_counters
check_detached
unplug_vf
layer_off

layer_on e1000e sum_complete=1
plug_vf e1000e
if [ -e "$OBJECT" ]; then
	check_sums
else
	skip_result "the sums were right" "xdp.bpf.o is not built"
fi
unplug_vf
layer_off

layer_on vmxnet3 used_queues=1
plug_vf vmxnet3
check "queues that it does not use: the master has none for them" \
	[ "$(queue_count "$MASTER" tx)" -eq 1 ]
check "queues that it does not use: traffic" ping_by vf
finish
