# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The kernel starts again with a VF enslaved and busy, and finds it where it
# was: what tests share that have a way of their own to restart. Sourced after
# lib.sh and flood_lib.sh.

# boots COMMAND FIRST SECOND: the function for this boot; COMMAND restarts
boots()
{
	[ "$(command -v "$1")" ] || skip_all "needs a host that allows ${1#vm}"
	case "$VMTEST_BOOT" in
	0)	"$2" ;;
	1)	"$3" ;;
	*)	bail "this is boot '$VMTEST_BOOT'" ;;
	esac
}

# busy_vf WHEN MODEL: a VF that is enslaved and floods
busy_vf()
{
	setup_master
	plug_vf "$2"
	check "$1: the VF carries traffic" ping_by vf
	flood_begin
	check_flood "$1: a flood is on the VF" vf
}

# restart COMMAND: unless there was a failure, as nothing that was said before
# counts
restart()
{
	# shellcheck disable=SC2154 # of lib.sh
	[ "$failed" -eq 0 ] || finish
	"$1"
	bail "no ${1#vm}"
}

# found_vf WHEN IN-USE: as setup_master, but the path stays where it was: on the
# VF
found_vf()
{
	take_master
	check "$1: bit 62 is negotiated" has_standby_bit "$MASTER"
	check_wait "$1: the VF is enslaved" is_paired "$MASTER"
	check_wait "$1: the VF is $2" on_vf "$MASTER"
	VF=$(find_vf "$MASTER") || bail "$1: no VF"
	check "$1: lo, the virtio netdev and the VF" \
		netdevs_are lo "$MASTER" "$VF"
}

# use_found_vf WHEN: up to its unplug
use_found_vf()
{
	check "$1: one join" \
		[ "$(count_of "$MASTER" bypass_vf_join)" -eq 1 ]
	vmhost path vf
	check "$1: the VF carries traffic" ping_by vf
	unplug_vf
}

# The end of the test: without the VF, and with the next one
replug_vf()
{
	check "after the unplug: standby carries traffic" ping_by standby
	plug_vf e1000e
	check "after a re-plug: the VF carries traffic" ping_by vf
	finish
}
