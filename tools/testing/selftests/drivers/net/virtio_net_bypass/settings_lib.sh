# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Settings of the master, and what a VF makes of them; sourced after lib.sh.

readonly GROUP=01:00:5e:01:02:03 ADDR=52:54:00:aa:bb:cc

set_all()
{
	ip link set dev "$MASTER" mtu 1400
	ip link set dev "$MASTER" promisc on
	ip link set dev "$MASTER" allmulticast on
	ip maddress add $GROUP dev "$MASTER"
	bridge fdb add $ADDR dev "$MASTER" self
}

# All but the MTU
unset_all()
{
	ip link set dev "$MASTER" promisc off
	ip link set dev "$MASTER" allmulticast off
	ip maddress del $GROUP dev "$MASTER"
	bridge fdb del $ADDR dev "$MASTER" self
}

mtu_is()
{
	[ "$(cat "/sys/class/net/$1/mtu")" -eq "$2" ]
}

# limits DEV: of its MTU, as it shows them
limits()
{
	ip -d -o link show dev "$1" | grep -oE 'm(in|ax)mtu [0-9]+'
}

counter_is()
{
	ip -d -o link show dev "$1" | grep -q " $2 $3 "
}

has_group()
{
	ip maddress show dev "$1" | grep -q "$2"
}

forwards_to()
{
	bridge fdb show dev "$1" | grep -q "^$2 .*self"
}

check_all()
{
	check "$1: MTU" mtu_is "$VF" 1400
	# Twice where the driver has no list of unicast addresses of its own
	check "$1: promiscuous" counter_is "$VF" promiscuity '[12]'
	check "$1: all multicast" counter_is "$VF" allmulti 1
	check "$1: multicast list" has_group "$VF" $GROUP
	check "$1: unicast list" forwards_to "$VF" $ADDR
	check "$1: traffic" ping_by vf
}

check_none()
{
	check "$1: promiscuous" counter_is "$VF" promiscuity 0
	check "$1: all multicast" counter_is "$VF" allmulti 0
	check "$1: multicast list" fails has_group "$VF" $GROUP
	check "$1: unicast list" fails forwards_to "$VF" $ADDR
}
