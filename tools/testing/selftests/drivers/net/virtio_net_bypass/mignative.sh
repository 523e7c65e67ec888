#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Hot-plug by PCIe itself: the guest lets its VF go five seconds after it was
# asked, the time in which a person could take the request back. The migration
# waits; cancelled in that time, the VF leaves and comes again.
#
# vmtest: timeout=400 memory=512 native-hotplug=on qemu-matters=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/migration_lib.sh"

setup_master
vmhost path auto
plug_vf vmxnet3
vmhost path auto

away "slow unplug"
note "$(count_of "$MASTER" bypass_vf_leave) left"
check "slow unplug: QEMU has waited" \
	[ "$(field unplug "$REPORT")" -ge 2000 ]
settled "slow unplug"
check "slow unplug: the VF carries traffic" ping_by vf

left=$(count_of "$MASTER" bypass_vf_leave)
vmhost target
vmhost migrate-start
check "cancelled: it waits for the unplug" vmhost migrate-until wait-unplug
check "cancelled: the VF is in use meanwhile" on_vf "$MASTER"
REPORT=$(vmhost migrate-cancel)
note "$REPORT"
check "cancelled: QEMU says so" migration_is cancelled
check_wait "cancelled: the VF has left once" \
	[ "$(count_of "$MASTER" bypass_vf_leave)" -eq $((left + 1)) ]
settled "cancelled"
check "cancelled: the VF carries traffic" ping_by vf
finish
