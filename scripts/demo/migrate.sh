#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest's part of the demo's live migration: it goes once to another host of
# a bridge that learns, to the same VF, under a TCP stream to the host and with
# an echo request from there every 10 ms. All times are of the host's clock:
# the guest's own stands still with it. With DEMO_VF=none there is no VF at all,
# which tells what the migration costs by itself. It has one CPU, so that the
# emulator and the host's programs have another.
#
# vmtest: timeout=300 memory=512 smp=1 env=BYPASS_WAIT=90
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/lib.sh"

# Of the stream: longer than all steps need
readonly LENGTH=${DEMO_MIGRATE_SECONDS:-25} LEAVE=60
# Echoes that have to come before the migration and after it, 2 s of them each
readonly BEFORE=200 AFTER=200
# Packets after which a VF is in use
readonly IN_USE=20

# Echo requests that the guest got
echoes()
{
	mib Icmp InEchos < /proc/net/snmp
}

# echoed NUMBER
echoed()
{
	[ "$(echoes)" -ge "$1" ]
}

alone()
{
	[ "$MODEL" = none ]
}

# carries SENT GOT: the VF does, at least as many packets, whatever else there is
carries()
{
	! alone || return 0
	is_ready && [ "$(statistic "$VF" tx_packets)" -ge "$1" ] &&
		[ "$(statistic "$VF" rx_packets)" -ge "$2" ]
}

# The host pings and gets the stream; the guest goes away, and the VF that waits
# there is used
migrate()
{
	local report

	if alone; then
		vmhost target vf=none || bail "no target"
	else
		vmhost target || bail "no target"
	fi
	vmhost ping start
	must echoed $(($(echoes) + BEFORE))
	step "migration: VF ${VF:-none}${VF:+, $MODEL, in use}; the guest goes ..."
	# The answer comes from the target; nothing may ask meanwhile
	report=$(vmhost migrate timeout=$LEAVE) || bail "no migration"
	[[ $report = *status=completed* ]] || bail "$report"
	step "migration: at the target, ${report#*completed }"
	must carries $IN_USE $IN_USE
	vmhost log in-use
	# A VF that is used may lose its link once more
	must echoed $(($(echoes) + AFTER))
	must carries $((IN_USE + AFTER)) $((IN_USE + AFTER))
	report=$(vmhost ping stop) || bail "no pings"
	step "migration: VF ${VF:-none}${VF:+ in use} at the target, pings $report"
	[ $((SECONDS - STARTED + 1)) -lt "$LENGTH" ] ||
		bail "the stream of $LENGTH s ended before the VF was back"
}

setup_failover
if alone; then
	vmhost path auto || bail "path failed"
else
	plug auto
fi
must reach_host
STARTED=$SECONDS
start_stream tcp-to-host -b "$TCP_RATE" -l 8K
must carries $IN_USE $IN_USE
migrate
end_stream tcp-to-host
report 0 "migration"
finish
