#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A netdev that only copies the MAC address is no VF. A second VF waits.
#
# vmtest: timeout=300

. "$(dirname "$0")/lib.sh"

readonly OTHER_MAC=52:54:00:00:00:99

setup_master
mac=$(cat "/sys/class/net/$MASTER/address")

ip link add decoy0 address "$mac" type dummy
ip link add link "$MASTER" name decoy1 address "$mac" type macvlan mode bridge
ip link add link "$MASTER" name decoy2 type vlan id 5
ip link add decoy3 address "$mac" type bridge
ip link add decoy4 address "$mac" type veth peer name decoy5
ip link add decoy6 address "$mac" type bond
for decoy in decoy0 decoy1 decoy2 decoy3 decoy4 decoy6; do
	ip link set dev $decoy up
	type=$(ip -d -o link show dev $decoy |
	       grep -oE '\\ +(dummy|macvlan|vlan|bridge|veth|bond) ' | tr -d '\\ ')
	check "a $type with the same MAC is left alone" \
		[ ! -e /sys/class/net/$decoy/master ]
done
check "no VF" vf_is_gone "$MASTER"
check "traffic by standby" ping_by standby
for decoy in decoy1 decoy2; do
	ip link del $decoy
done

vmhost plug e1000e mac=$OTHER_MAC pair=no id=other0
check_wait "a NIC with another MAC comes" mac_is_there $OTHER_MAC
check "and is left alone" vf_is_gone "$MASTER"

plug_vf e1000e
vmhost plug vmxnet3 pair=no id=second0
check_wait "a second VF is left alone" logged 'bypass: VF .* ignored'
check "and has no SLAVE" \
	[ "$(ip -o link | grep -c '[<,]SLAVE[,>]')" -eq 1 ]
vmhost path standby
vmhost unplug
takes_turn()
{
	is_paired "$MASTER" &&
		[ "$(driver_of "$(find_vf "$MASTER")")" = vmxnet3 ]
}
check_wait "when the first one goes, it takes its place" takes_turn
check_wait "and carries the traffic" on_vf "$MASTER"
finish
