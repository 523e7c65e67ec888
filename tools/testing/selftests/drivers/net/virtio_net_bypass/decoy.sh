#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A netdev that only copies the MAC address is no VF. A second VF waits.
#
# vmtest: timeout=300 built-in=yes

. "$(dirname "$0")/lib.sh"

readonly OTHER_MAC=52:54:00:00:00:99

takes_turn()
{
	is_paired "$MASTER" &&
		[ "$(driver_of "$(find_vf "$MASTER")")" = vmxnet3 ]
}

# The last one that had to wait for another VF
ignored()
{
	dmesg | sed -n 's/.*bypass: VF \(.*\) ignored.*/\1/p' | tail -n 1
}

vf_is()
{
	[ "$(find_vf "$MASTER")" = "$1" ]
}

# Of two that match, a macvlan receives by the first one when the driver is loaded
of_two()
{
	local first second base

	if is_builtin virtio_net; then
		skip_result "the first of two cannot join" \
			"virtio_net is built in"
		return
	fi
	first=$(find_vf "$MASTER")
	vmhost plug e1000e pair=no id=third0
	check_wait "a third one is left alone" logged \
		"bypass: VF .* ignored, VF $first is in use"
	second=$(ignored)
	rmmod virtio_net || bail "virtio_net stays"
	ip link add link "$first" name decoy7 type macvlan
	modprobe virtio_net
	take_master
	check_wait "the first of two cannot join: one line" \
		logged "bypass: VF $first not enslaved"
	check_wait "the first of two cannot join: the second does" \
		vf_is "$second"
	check_wait "the second of two is in use" on_vf "$MASTER"
	base=$(statistic "$second" tx_packets)
	check "the second of two: traffic" all_answered "" 20 "$HOST"
	check "the second of two carries it" \
		[ $(($(statistic "$second" tx_packets) - base)) -ge 20 ]
}

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
check_wait "when the first one goes, it takes its place" takes_turn
check_wait "and carries the traffic" on_vf "$MASTER"
of_two
finish
