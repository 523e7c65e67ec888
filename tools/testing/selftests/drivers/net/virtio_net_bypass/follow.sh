#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is set on the master holds on the VF: set before it comes, while it is
# there, and after a re-plug.
#
# vmtest: timeout=400 built-in=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/settings_lib.sh"

setup_master
OWN_LIMITS=$(limits "$MASTER")
set_all
plug_vf e1000e
check_all "set before"
for model in vmxnet3 virtio-net-pci igbvf e1000e; do
	unplug_vf
	plug_vf $model
	check_all "re-plugged $model"
done
unset_all
check_none "taken off"

ip link set dev "$MASTER" mtu 1450
check "set while it is there: MTU" mtu_is "$VF" 1450
# e1000e resets itself for it and loses its link for a while
check_wait "the VF comes back" on_vf "$MASTER"
check "traffic" ping_by vf

# e1000e takes 9216 at most, virtio 65535
check "the master shows the limits of the VF" \
	[ "$(limits "$MASTER")" = "$(limits "$VF")" ]
MAX=$(limits "$VF" | sed -n 's/maxmtu //p')
refusal()
{
	! ip link set dev "$MASTER" mtu $((MAX + 1)) 2>&1
}
check "an MTU the VF cannot take is refused, and the user is told why" \
	[ "$(refusal)" = "Error: mtu greater than device maximum." ]
check "the master keeps its MTU" mtu_is "$MASTER" 1450
check "and the VF" mtu_is "$VF" 1450
ip link set dev "$MASTER" mtu "$MAX"
check "the largest that it shows" mtu_is "$VF" "$MAX"
check_wait "the VF comes back" on_vf "$MASTER"
vmhost path vf
check "packets of that size arrive" \
	answered_by vf "" -M "do" -s $((MAX - 28)) "$HOST"

unplug_vf
check "without a VF it has its own limits" \
	[ "$(limits "$MASTER")" = "$OWN_LIMITS" ]
ip link set dev "$MASTER" mtu 20000
vmhost plug e1000e
wait_for is_paired "$MASTER"
check_wait "set before to what it cannot take: one line" \
	logged "cannot take MTU 20000"
vf_up()
{
	[ "$(cat "/sys/class/net/$(find_vf "$MASTER")/carrier")" -eq 1 ]
}
wait_for vf_up
check "and standby keeps the traffic" on_standby "$MASTER"
check "with the limits of standby" \
	[ "$(limits "$MASTER")" = "$OWN_LIMITS" ]
ip link set dev "$MASTER" mtu 1500
check_wait "an MTU it can take: VF" on_vf "$MASTER"
check "and its limits" \
	[ "$(limits "$MASTER")" = "$(limits "$(find_vf "$MASTER")")" ]
vmhost path vf
check "traffic" ping_by vf

# A VLAN on the master: its filter is on both
setup_vlan
check "VLAN on the VF" vmhost run vlan-arp 7 198.51.100.2
unplug_vf
check "VLAN on standby" vmhost run vlan-arp 7 198.51.100.2
plug_vf e1000e
check "VLAN after a re-plug" vmhost run vlan-arp 7 198.51.100.2
finish
