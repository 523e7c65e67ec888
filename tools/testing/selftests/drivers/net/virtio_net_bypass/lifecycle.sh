#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Drivers come and go with a VF enslaved: unbind and bind of either device,
# admin down of either netdev, unload under traffic.
#
# vmtest: timeout=400

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flood.sh"

pci_of()
{
	basename "$(readlink -f "/sys/class/net/$1/device")"
}

netdev_gone()
{
	[ ! -e "/sys/class/net/$1" ]
}

# unload NAME: virtio_net, and load it again
unload()
{
	flood_begin
	check_flood "$1: a flood runs" vf
	modprobe -r virtio_net
	check "$1: virtio_net unloads under traffic" \
		[ ! -e /sys/module/virtio_net ]
	flood_end
	modprobe virtio_net
	take_master
	check_wait "$1: and loads again" is_paired "$MASTER"
	check_wait "$1: the VF is in use" on_vf "$MASTER"
	check "$1: traffic by the VF" ping_by vf
}

setup_master
plug_vf e1000e

check "VF set down: standby takes over" vf_set down
vmhost path standby
check "traffic by standby" ping_by standby
check "the VF stays enslaved" is_paired "$MASTER"
check "VF set up: it takes over" vf_set up
vmhost path vf
check "traffic by the VF" ping_by vf

ip link set dev "$MASTER" down
check "master set down: the VF follows" \
	fails is_up "$VF"
ip link set dev "$MASTER" up
check_wait "master set up: the VF follows" on_vf "$MASTER"
check "traffic by the VF again" ping_by vf

pci=$(pci_of "$VF")
vmhost path standby
echo "$pci" > /sys/bus/pci/drivers/e1000e/unbind
check_wait "VF's driver unbound: it left" vf_is_gone "$MASTER"
check "traffic by standby after the unbind" ping_by standby
echo "$pci" > /sys/bus/pci/drivers/e1000e/bind
check_wait "VF's driver bound: it joined" is_paired "$MASTER"
check_wait "and took over" on_vf "$MASTER"
VF=$(find_vf "$MASTER")
vmhost path vf

unbind_master
check_wait "virtio device unbound: the master is gone" netdev_gone "$MASTER"
check "the VF is not" [ -e "/sys/class/net/$VF" ]
check "and is free" [ ! -e "/sys/class/net/$VF/master" ]
bind_master
check_wait "bound again: paired" is_paired "$MASTER"
check_wait "and on the VF" on_vf "$MASTER"
check "traffic" ping_by vf

if is_builtin virtio_net; then
	skip_result "unloads under traffic" "virtio_net is built in"
	finish
fi

# Unload while packets are on their way; with a VF of the same driver, both go
unload "e1000e"
unplug_vf
plug_vf virtio-net-pci
unload "virtio-net-pci"
unplug_vf
check "traffic by standby in the end" ping_by standby
finish
