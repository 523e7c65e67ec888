#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests run where there is no host for them, with a VF of the guest's own igb: as
# far as they come without, and the rest of them is skipped.
#
# vmtest: qemu=10 timeout=300 newest=yes debug=no queue-pairs=2

. "$(dirname "$0")/lib.sh"

# runs_alone TEST N: passes, N checks or more, which were not skipped
runs_alone()
{
	local line out status

	out=$(BYPASS_HOST=none BYPASS_MODELS=igbvf "$(dirname "$0")/$1")
	status=$?
	while IFS= read -r line; do
		note "$line"
	done <<< "$out"
	[ "$status" -eq 0 ] &&
		[ "$(grep '^ok' <<< "$out" | grep -vc SKIP)" -ge "$2" ]
}

# What a test that was skipped halfway leaves behind
tidy()
{
	local dir

	echo 0 > "/sys/class/net/$PF/device/sriov_numvfs"
	for dir in /sys/class/net/*; do
		[ -e "$dir/device" ] || ip link del "${dir##*/}" 2> /dev/null
	done
	wait_for vf_is_gone "$MASTER" || bail "the VF stays"
	ip address flush dev "$MASTER"
}

[ "$(command -v vmhost)" ] || skip_all "is for who has one"
vmhost path auto
vmhost plug igb mac="$PF_MAC" pair=no || skip_all "QEMU has no igb"
wait_for mac_is_there "$PF_MAC" || bail "no PF"
PF=$(netdev_of_mac "$PF_MAC")
MASTER=$(find_master)
for test in igbvf:19 ethtool:14; do
	check "${test%:*}.sh without a host" \
		runs_alone "${test%:*}.sh" "${test#*:}"
	tidy
done
finish
