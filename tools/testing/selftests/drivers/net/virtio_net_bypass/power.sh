#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest sleeps in RAM and wakes, on standby and with a VF in use. It keeps
# its settings and goes on by the path that is there. The host plugs a VF, takes
# one away and changes a link while the guest sleeps.
#
# QEMU's firmware tells of no hot-plug after a sleep, so the bus is scanned. One
# CPU: TCG loses the others now and then when a guest wakes ("CPU1 failed to
# report alive state"), with any driver. No igbvf: QEMU's igb forgets its VFs in a
# sleep, see hibernate.sh for them.
#
# vmtest: smp=1 timeout=250 suspend=on append=no_console_suspend built-in=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flood_lib.sh"
. "$(dirname "$0")/sleep_lib.sh"

rescan()
{
	echo 1 > /sys/bus/pci/rescan
}

remove_vf()
{
	echo 1 > "/sys/class/net/$VF/device/remove"
}

# vf_goes MODEL: the host kept the virtio link down, and the VF is not there any more
vf_goes()
{
	vmhost link standby off
	check "$1 goes: sleeps and wakes" vmsuspend \
		unplug-async + link standby on + path standby
	check_wait "$1 went: standby is in use" on_standby "$MASTER"
	check "$1 went: traffic by standby" ping_by standby
	remove_vf
	check_wait "$1 went: it leaves" vf_is_gone "$MASTER"
	check "$1 left: traffic by standby" ping_by standby
}

# vf_comes MODEL COMMAND...: plug it
vf_comes()
{
	check "$1 comes: it is plugged" "${@:2}" plug "$1" pair=no
	rescan
	check_wait "$1 came: it is enslaved" is_paired "$MASTER"
	check_wait "$1 came: it is in use" on_vf "$MASTER"
	vmhost path vf
	VF=$(find_vf "$MASTER")
}

setup_master
[ "$(command -v vmsuspend)" ] || skip_all "needs a host that wakes its guest"
setup_sleep
sleeps "standby, RAM" standby vmsuspend

# Not QEMU's failover pair: that gives the VF back when the features are
# negotiated again, even if the host took it away
plug_vf e1000e pair=no
ip link set dev "$MASTER" promisc on
sleeps "e1000e, RAM" vf vmsuspend
ip link set dev "$MASTER" promisc off

ip link set dev "$MASTER" down
check "master down: sleeps and wakes" vmsuspend
ip link set dev "$MASTER" up
check_wait "master down: set up, the VF follows" on_vf "$MASTER"
check "master down: traffic by the VF" ping_by vf

vf_goes e1000e
vf_comes vmxnet3 vmsuspend
sleeps "vmxnet3, RAM" vf vmsuspend
vf_goes vmxnet3
# QEMU starts no virtio NIC that was plugged while the guest slept
vf_comes virtio-net-pci vmhost
sleeps "virtio-net-pci, RAM" vf vmsuspend
finish
