#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest that migrated boots again where it is, by a reset and by kexec, and
# migrates on.
#
# vmtest: timeout=600 memory=2048 reboots=2 kexec=on
# vmtest: qemu-matters=yes built-in=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/migration_lib.sh"

[ "$(command -v vmhost)" ] || skip_all "needs a host that answers vmhost"
vmhost path auto
take_master
[ "$VMTEST_BOOT" -gt 0 ] || vmhost plug vmxnet3
wait_for on_vf "$MASTER" || bail "boot $VMTEST_BOOT: no VF"
check "boot $VMTEST_BOOT: the VF carries traffic" ping_by vf
away "boot $VMTEST_BOOT"
settled "boot $VMTEST_BOOT"
check "boot $VMTEST_BOOT: the VF carries traffic again" ping_by vf
case $VMTEST_BOOT in
0)	[ $failed -eq 0 ] || finish
	vmreboot
	bail "no reboot" ;;
1)	[ $failed -eq 0 ] || finish
	vmkexec
	bail "no kexec" ;;
esac
finish
