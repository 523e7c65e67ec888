#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Live migrations that come to nothing: the guest goes on where it is, with the
# VF that QEMU plugs again. And what QEMU leaves to the host: a guest that was
# paused, and one whose migration to a file completed.
#
# vmtest: timeout=600 memory=512 qemu-matters=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/migration_lib.sh"

# Bytes per second: slow enough for the guest to stay "active", fast enough for
# one of this size to get away
limit()
{
	vmhost qmp "{\"execute\": \"migrate-set-parameters\",
		\"arguments\": {\"max-bandwidth\": $1}}" > /dev/null
}

# stays WHEN: with its VF
stays()
{
	settled "$1"
	two_netdevs "$1"
	check "$1: the VF carries traffic" ping_by vf
}

setup_master
vmhost path auto
plug_vf vmxnet3
vmhost path auto

vmhost migrate-start uri=unix:/nonexistent
check "nobody there: it fails" fails vmhost migrate-until active
stays "nobody there"

limit 50000
for n in 1 2; do
	left=$(count_of "$MASTER" bypass_vf_leave)
	vmhost target
	vmhost migrate-start
	check "cancelled $n: it was active" vmhost migrate-until active
	check_wait "cancelled $n: the VF had left" \
		[ "$(count_of "$MASTER" bypass_vf_leave)" -gt "$left" ]
	check "cancelled $n: standby carries traffic" ping_by standby
	REPORT=$(vmhost migrate-cancel)
	note "$REPORT"
	check "cancelled $n: QEMU says so" migration_is cancelled
	stays "cancelled $n"
done

vmhost target
vmhost migrate-start
check "target killed: it was active" vmhost migrate-until active
vmhost kill-target
REPORT=$(vmhost migrate-end)
note "$REPORT"
check "target killed: it failed" migration_is failed
stays "target killed"

limit 1000000000
away "after all that"
stays "after all that"

# A paused guest cannot let its VF go: QEMU waits 30 s when it is told to stop
# waiting. The guest then does what it was asked, and QEMU knows nothing of it.
vmhost target
vmhost all "qmp {\"execute\": \"stop\"} + migrate-start +" \
	"migrate-until wait-unplug + migrate-cancel +" \
	"qmp {\"execute\": \"cont\"}" > /dev/null
check_wait "paused: the VF leaves late" vf_is_gone "$MASTER"
check "paused: standby carries traffic" ping_by standby
plug_vf vmxnet3
vmhost path auto
stays "paused, and a VF given anew"

# As libvirt does it when the other host says at last that it did not work
vmhost all "migrate-start uri=exec:cat>/dev/null + migrate-end + go-on" \
	> /dev/null || bail "the guest does not go on"
stays "migrated to a file"
unplug_vf
finish
