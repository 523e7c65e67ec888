#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest hibernates up to the image (there is no disk to write it to), with a
# VF in use whose driver has one queue, two queues, or no callback for the thaw,
# or is the master's own. It keeps its settings and goes on by the path that is
# there.
#
# vmtest: smp=2 timeout=250 append=no_console_suspend built-in=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flood_lib.sh"
. "$(dirname "$0")/sleep_lib.sh"

# All devices freeze for the image of a hibernation, and are restored
sleep_on_disk()
{
	devices_freeze disk
}

# The same, but an image is made, for which there is no room: all devices thaw
fail_to_sleep()
{
	! echo disk > /sys/power/state 2> /dev/null &&
		logged 'Cannot find swap device'
}

[ -w /sys/power/pm_test ] || skip_all "needs CONFIG_PM_DEBUG"
setup_master
setup_sleep

# Not e1000e here: QEMU 7.2 forgets to interrupt for a packet that came while it
# was frozen. rtl8139 has to be the first one on its tap (see models.sh).
plug_vf rtl8139 pair=no
sleeps "rtl8139, disk" vf fail_to_sleep
unplug_vf

plug_vf virtio-net-pci pair=no
sleeps "virtio-net-pci, disk" vf sleep_on_disk
sleeps "virtio-net-pci, no image" vf fail_to_sleep
unplug_vf

plug_vf igbvf
sleeps "igbvf, disk" vf sleep_on_disk
sleeps "igbvf, no image" vf fail_to_sleep
unplug_vf

# Devices resume in the order in which they came, if one after the other: a VF
# that was there before the virtio NIC is back before that
plug_vf virtio-net-pci pair=no
echo 0 > /sys/power/pm_async
vmhost standby timeout="$UNPLUG_WAIT" || bail "no other standby"
setup_master
settings_of_sleep
check_wait "VF first: it is in use" on_vf "$MASTER"
VF=$(find_vf "$MASTER")
vmhost path vf
sleeps "VF first, disk" vf sleep_on_disk
echo 1 > /sys/power/pm_async
unplug_vf

plug_vf vmxnet3 pair=no
check "two queues of the VF" [ -e "/sys/class/net/$VF/queues/tx-1" ]
sleeps "vmxnet3, disk" vf sleep_on_disk

# Last, as this driver stays suspended: it has no callback for the thaw
check "vmxnet3 stays asleep: thaw" fail_to_sleep
vmhost path standby
check_wait "vmxnet3 stays asleep: standby is in use" on_standby "$MASTER"
check "vmxnet3 stays asleep: traffic by standby" ping_by standby
finish
