#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel starts itself again (kexec) with a VF enslaved and busy, and nobody
# sets a netdev down before. There is no reset and no firmware in between: the
# new kernel finds both devices as the old one left them. QEMU's failover pair
# with an e1000e.
#
# vmtest: reboots=1 kexec=on memory=2048 timeout=300

. "$(dirname "$0")/lib.sh"

# A failure ends the test here: what it said before the kexec does not count
old_kernel()
{
	setup_master
	plug_vf e1000e
	check "before: the VF carries traffic" ping_by vf
	base=$(sent_by vf)
	ping -q -f "$HOST" > /dev/null 2>&1 &
	check_wait "before: a flood is on the VF" stream_runs vf "$base"
	[ "$failed" -eq 0 ] || finish
	vmkexec
	bail "no kexec"
}

# As setup_master, but the path stays where it was: on the VF
new_kernel()
{
	take_master
	check "the new kernel: bit 62 is negotiated" has_standby_bit "$MASTER"
	check_wait "the new kernel: the VF is enslaved" is_paired "$MASTER"
	check_wait "the new kernel: the VF is in use" on_vf "$MASTER"
	VF=$(find_vf "$MASTER") || bail "no VF after the kexec"
	check "the new kernel: lo, the virtio netdev and the VF" \
		netdevs_are lo "$MASTER" "$VF"
	check "the new kernel: one join" \
		[ "$(count_of "$MASTER" bypass_vf_join)" -eq 1 ]
	vmhost path vf
	check "the new kernel: the VF carries traffic" ping_by vf
	unplug_vf
	check "after the unplug: standby carries traffic" ping_by standby
	plug_vf e1000e
	check "after a re-plug: the VF carries traffic" ping_by vf
	finish
}

[ "$(command -v vmhost)" ] || skip_all "needs a host that answers vmhost"
[ "$(command -v vmkexec)" ] || skip_all "needs a host that allows kexec"
case "$VMTEST_BOOT" in
0)	old_kernel ;;
1)	new_kernel ;;
*)	bail "this is boot '$VMTEST_BOOT'" ;;
esac
