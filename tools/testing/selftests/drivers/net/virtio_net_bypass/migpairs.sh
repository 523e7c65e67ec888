#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two failover pairs in one guest, which migrates from the QEMU that Debian 12
# has to a newer one.
#
# vmtest: timeout=400 memory=512 target-qemu=8 qemu-matters=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/migration_lib.sh"

readonly SECOND_MAC=52:54:00:12:34:57

# The master of the second pair: its netdev on a virtio device
second_master()
{
	local file

	for file in /sys/class/net/*/address; do
		[ "$(< "$file")" = $SECOND_MAC ] || continue
		file=${file%/address}
		[ "$(driver_of "${file##*/}")" != virtio_net ] ||
			echo "${file##*/}"
	done
}

second_is_there()
{
	[ "$(second_master)" ]
}

# both WHEN: have their VF
both()
{
	settled "$1"
	check_wait "$1, second pair: the VF is enslaved" is_paired "$SECOND"
	check_wait "$1, second pair: the VF is chosen" on_vf "$SECOND"
	check "$1, second pair: the VF has its MAC" grep -q "$SECOND_MAC" \
		"/sys/class/net/$(find_vf "$SECOND")/address"
	check "$1: the first VF carries traffic" ping_by vf
}

setup_master
vmhost path auto
vmhost plug virtio-net-pci id=standby1 pair=no mac=$SECOND_MAC \
	opts failover=on || bail "no second virtio NIC"
wait_for second_is_there || bail "the second virtio NIC did not come"
SECOND=$(second_master)
ip link set dev "$SECOND" up
vmhost plug vmxnet3 id=primary1 pair=standby1 mac=$SECOND_MAC ||
	bail "no second VF"
plug_vf vmxnet3
vmhost path auto
both "before"
away "to a newer QEMU" qemu=new
both "after"
finish
