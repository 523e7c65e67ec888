#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Drivers come and go with a VF enslaved: unbind and bind of either device,
# admin down of either netdev, unload under traffic.
#
# vmtest: timeout=400 built-in=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flood_lib.sh"

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

# starts_again MODEL: the driver of either device, and either netdev
starts_again()
{
	local pci

	check "$1, VF set down: standby takes over" vf_set down
	vmhost path standby
	check "$1, traffic by standby" ping_by standby
	check "$1, the VF stays enslaved" is_paired "$MASTER"
	check "$1, VF set up: it takes over" vf_set up
	vmhost path vf
	check "$1, traffic by the VF" ping_by vf

	ip link set dev "$MASTER" down
	check "$1, master set down: the VF follows" \
		fails is_up "$VF"
	ip link set dev "$MASTER" up
	check_wait "$1, master set up: the VF follows" on_vf "$MASTER"
	check "$1, traffic by the VF again" ping_by vf

	pci=$(pci_of "$VF")
	vmhost path standby
	echo "$pci" > "/sys/bus/pci/drivers/$1/unbind"
	check_wait "$1, VF's driver unbound: it left" vf_is_gone "$MASTER"
	check "$1, traffic by standby after the unbind" ping_by standby
	echo "$pci" > "/sys/bus/pci/drivers/$1/bind"
	check_wait "$1, VF's driver bound: it joined" is_paired "$MASTER"
	check_wait "$1, and took over" on_vf "$MASTER"
	VF=$(find_vf "$MASTER")
	vmhost path vf

	unbind_master
	check_wait "$1, virtio device unbound: the master is gone" \
		netdev_gone "$MASTER"
	check "$1, the VF is not" [ -e "/sys/class/net/$VF" ]
	check "$1, and is free" [ ! -e "/sys/class/net/$VF/master" ]
	bind_master
	check_wait "$1, bound again: paired" is_paired "$MASTER"
	check_wait "$1, and on the VF" on_vf "$MASTER"
	check "$1, traffic" ping_by vf
}

setup_master
for model in igbvf e1000e; do
	plug_vf $model
	starts_again $model
	[ $model = e1000e ] || unplug_vf
done

if is_builtin virtio_net; then
	skip_result "unloads under traffic" "virtio_net is built in"
	finish
fi

# Unload while packets are on their way; with a VF of the same driver, both go
unload "e1000e"
for model in virtio-net-pci igbvf; do
	unplug_vf
	plug_vf $model
	unload $model
done
unplug_vf
check "traffic by standby in the end" ping_by standby
finish
