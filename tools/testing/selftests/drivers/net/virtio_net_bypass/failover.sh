#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# QEMU's failover pair in its states: the VF is hidden until the guest's driver
# takes bit 62, whichever device came first; migrated while it is hidden; pairs
# that QEMU refuses.
#
# vmtest: autoload=no timeout=500 memory=512 qemu-matters=yes built-in=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/migration_lib.sh"

# PCI network controllers but virtio's (PCI vendor 1af4)
nics()
{
	local dir

	for dir in /sys/bus/pci/devices/*; do
		[ "$(< "$dir/vendor")" != 0x1af4 ] || continue
		[[ $(< "$dir/class") == 0x0200* ]] && echo "$dir"
	done
}

nics_are()
{
	[ "$(nics | wc -l)" -eq "$1" ]
}

refused()
{
	local name=$1 words=$2 answer
	shift 2

	answer=$(vmhost "$@" 2>&1)
	check "$name: QEMU refuses" [ $? -eq 1 ]
	note "$answer"
	check "$name: and says why" grep -q "$words" <<< "$answer"
}

[ "$(command -v vmhost)" ] || skip_all "needs a host that answers vmhost"
modprobe vmxnet3
vmhost path auto

vmhost plug vmxnet3
if is_builtin virtio_net; then
	skip_result "no driver" "virtio_net is built in"
else
	check "no driver: the VF is hidden" nics_are 0
	away "no driver"
	check "no driver, migrated: the VF is hidden" nics_are 0
	check "no driver, migrated: no netdev" netdevs_are lo

	modprobe virtio_net
	check "the driver takes bit 62" \
		vmhost sleep-until-event FAILOVER_NEGOTIATED
fi
take_master
check_wait "the VF comes" nics_are 1
check_wait "the VF is chosen" on_vf "$MASTER"
check "the VF carries traffic" ping_by vf

refused "a second primary" "more than one primary" \
	plug vmxnet3 id=primary1
refused "a primary without an id" "id" \
	qmp '{"execute": "device_add", "arguments": {"driver": "vmxnet3",
	"bus": "root3", "failover_pair_id": "standby0"}}'
check "the VF carries traffic still" ping_by vf

unbind_master
check_wait "no driver again: no master" fails find_master
bind_master
check_wait "bound again: the VF is chosen" on_vf "$MASTER"
check "bound again: it carries traffic" ping_by vf

vmhost standby timeout="$UNPLUG_WAIT" || bail "no other standby"
wait_for fails netdevs_are lo || bail "no netdev"
take_master
check_wait "another virtio NIC: the VF is chosen" on_vf "$MASTER"
check "another virtio NIC: the VF carries traffic" ping_by vf
unplug_vf
check "another virtio NIC: standby carries traffic" ping_by standby

# QEMU does not hide what belongs to nobody, and the guest goes by the MAC
plug_vf vmxnet3 pair=nobody
check "a pair with nobody: the VF carries traffic" ping_by vf
unplug_vf
check "after it: standby carries traffic" ping_by standby

# Nor what comes before the NIC that it names, here the next one
plug_vf vmxnet3 pair=standby0-2
vmhost standby timeout="$UNPLUG_WAIT" || bail "no third standby"
wait_for find_master || bail "no third netdev"
take_master
check_wait "a primary before its standby: the VF is chosen" on_vf "$MASTER"
check "a primary before its standby: it carries traffic" ping_by vf
unplug_vf
check "unplugged: standby carries traffic" ping_by standby
finish
