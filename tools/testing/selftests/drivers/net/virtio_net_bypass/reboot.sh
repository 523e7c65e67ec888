#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A reboot with a VF enslaved and busy. The kernel shuts the VF down first, then
# the virtio device, with both netdevs up; QEMU keeps the VF plugged, so that
# the next boot finds it without any hot-plug.
#
# vmtest: reboots=1 timeout=400 built-in=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flood_lib.sh"
. "$(dirname "$0")/restart_lib.sh"

first_boot()
{
	busy_vf "before the reboot" e1000e
	check "before the reboot: the VF is enslaved" is_paired "$MASTER"
	check "before the reboot: the virtio netdev is up" is_up "$MASTER"
	restart vmreboot
}

second_boot()
{
	found_vf "after the reboot" "chosen"
	check "after the reboot: the virtio netdev is eth0" [ "$MASTER" = eth0 ]
	use_found_vf "after the reboot"
	check "after the unplug: lo and the virtio netdev" \
		netdevs_are lo "$MASTER"
	replug_vf
}

boots vmreboot first_boot second_boot
