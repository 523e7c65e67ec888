#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# After a switch the network is told by the path that is in use from now on: of
# the master's addresses, of those of what stands on it, and of the groups that
# it is in.
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

setup_master
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
finish
