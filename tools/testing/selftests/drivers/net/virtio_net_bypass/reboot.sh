#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A reboot with a VF enslaved and busy. The kernel shuts the VF down first, then
# the virtio device, with both netdevs up; QEMU keeps the VF plugged, so that
# the next boot finds it without any hot-plug.
#
# vmtest: reboots=1 timeout=400

. "$(dirname "$0")/lib.sh"

flood_runs()
{
	[ "$(sent_by vf)" -gt $((base + 200)) ]
}

# A failure ends the test here: what it said before a reboot does not count
first_boot()
{
	setup_master
	plug_vf e1000e
	check "before the reboot: the VF carries traffic" ping_by vf
	base=$(sent_by vf)
	ping -q -f "$HOST" > /dev/null 2>&1 &
	check_wait "before the reboot: a flood is on the VF" flood_runs
	check "before the reboot: the VF is enslaved" is_paired "$MASTER"
	check "before the reboot: the virtio netdev is up" is_up "$MASTER"
	[ "$failed" -eq 0 ] || finish
	vmreboot
	bail "no reboot"
}

# As setup_master, but the path stays where it was: on the VF
second_boot()
{
	wait_for find_master || bail "no virtio netdev after the reboot"
	MASTER=$(find_master)
	ip address add "$GUEST/24" dev "$MASTER"
	ip link set dev "$MASTER" up
	check "after the reboot: bit 62 is negotiated" has_standby_bit "$MASTER"
	check_wait "after the reboot: the VF is enslaved" is_paired "$MASTER"
	check_wait "after the reboot: the VF is chosen" on_vf "$MASTER"
	VF=$(find_vf "$MASTER") || bail "no VF after the reboot"
	check "after the reboot: lo, the virtio netdev and the VF" \
		netdevs_are lo "$MASTER" "$VF"
	check "after the reboot: the virtio netdev is eth0" [ "$MASTER" = eth0 ]
	check "after the reboot: one join" \
		[ "$(count_of "$MASTER" bypass_vf_join)" -eq 1 ]
	vmhost path vf
	check "after the reboot: the VF carries traffic" ping_by vf
	unplug_vf
	check "after the unplug: lo and the virtio netdev" \
		netdevs_are lo "$MASTER"
	check "after the unplug: standby carries traffic" ping_by standby
	plug_vf e1000e
	check "after a re-plug: the VF carries traffic" ping_by vf
	finish
}

[ "$(command -v vmhost)" ] || skip_all "needs a host that answers vmhost"
[ "$(command -v vmreboot)" ] || skip_all "needs a host that allows reboots"
case "$VMTEST_BOOT" in
0)	first_boot ;;
1)	second_boot ;;
*)	bail "this is boot '$VMTEST_BOOT'" ;;
esac
