#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# After a switch the network is told by the path that is in use from now on: of
# the master's addresses, of those of what stands on it, and of the groups that
# it is in. Also of those that are known by a MAC only. (Of what is behind a
# bridge: bridge.sh.)
#
# vmtest: timeout=400

. "$(dirname "$0")/lib.sh"

# switch_to vf|standby: by hand, the VF stays plugged
switch_to()
{
	if [ "$1" = vf ]; then
		ip link set dev "$VF" up
		wait_for on_vf "$MASTER"
	else
		ip link set dev "$VF" down
		wait_for on_standby "$MASTER"
	fi
}

# told NAME TIMES FILTER: at a switch to either path
told()
{
	local path frames

	for path in standby vf; do
		vmhost capture start $path in "$3"
		switch_to $path
		vmhost path $path
		# takes longer than all announcements
		ping_by $path
		frames=$(vmhost capture stop $path)
		note "$frames frames"
		check "$1, by $path" [ "$frames" -ge "$2" ]
	done
}

# garp ADDRESS: the filter for what announces it
garp()
{
	echo "arp src host $1 and arp dst host $1"
}

# rarp MAC [VLAN]: the filter for the frame of our own that tells of it
rarp()
{
	echo "${2:+vlan $2 and }rarp and ether src $1 and ether dst" \
		"ff:ff:ff:ff:ff:ff"
}

# upper_tells KIND: what stands on the master announces its address
upper_tells()
{
	ip address flush dev "$MASTER"
	"upper_$1" || bail "no $1"
	ip address add 203.0.113.7/24 dev "u-$1"
	ip address add "$GUEST/24" dev "u-$1"
	ip link set dev "u-$1" up
	ip link set dev "$MASTER" up
	wait_for reach_host || bail "the host does not answer by the $1"
	wait_for on_vf "$MASTER" || bail "the VF does not carry traffic"
	told "the address of a $1, three times" 3 "$(garp 203.0.113.7)"
	ip link del "u-$1"
}

upper_bridge()
{
	ip link add u-bridge type bridge mcast_snooping 0 &&
		ip link set dev "$MASTER" master u-bridge
}

upper_bond()
{
	ip link add u-bond type bond mode active-backup miimon 100 &&
		ip link set dev "$MASTER" down &&
		ip link set dev "$MASTER" master u-bond
}

upper_ipvlan()
{
	ip link add link "$MASTER" name u-ipvlan type ipvlan mode l2
}

is_at()
{
	[ "$(vmhost run switch place "$MAC")" = "$1" ]
}

# A guest that has no address yet
nameless()
{
	local path

	ip address flush dev "$MASTER"
	sysctl -q -w "net.ipv6.conf.$MASTER.disable_ipv6=1"
	vmhost path auto
	for path in standby vf; do
		switch_to $path
		check_wait "without an address, the guest is found by $path" \
			is_at $path
	done
}

setup_master
MAC=$(cat "/sys/class/net/$MASTER/address")
ip link add link "$MASTER" name vlan5 type vlan id 5
ip address add 198.51.100.2/24 dev vlan5
ip link set dev vlan5 up
ip link add link "$MASTER" name macvlan0 type macvlan mode bridge
ip address add 203.0.113.2/24 dev macvlan0
ip link set dev macvlan0 up
ip address add 239.1.2.3/32 dev "$MASTER" autojoin
plug_vf vmxnet3

told "the master's address, three times" 3 "$(garp "$GUEST")"
told "a VLAN's address, three times" 3 "vlan 5 and $(garp 198.51.100.2)"
told "a macvlan's address, three times" 3 "$(garp 203.0.113.2)"
told "an IPv6 address" 1 "icmp6 and ip6[40] == 136"
told "a multicast group" 1 igmp
told "the master's MAC" 3 "$(rarp "$MAC")"
told "the MAC on a VLAN" 3 "$(rarp "$MAC" 5)"
told "a macvlan's MAC" 3 "$(rarp "$(cat /sys/class/net/macvlan0/address)")"

ip link del vlan5
ip link del macvlan0
for kind in bridge bond ipvlan; do
	upper_tells $kind
done
nameless
finish
