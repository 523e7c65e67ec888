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
# vmtest: timeout=300 memory=512 smp=1

. "$(dirname "$0")/lib.sh"

# Of the stream: longer than all steps need
readonly LENGTH=${DEMO_MIGRATE_SECONDS:-25} UNPLUG_WAIT=60
# Echoes that have to come before the migration and after it, 2 s of them each
readonly BEFORE=200 AFTER=200
# Packets after which a VF is in use
readonly IN_USE=20

# Echo requests that the guest got
echoes()
{
	awk '$1 != "Icmp:" { next }
	     column { print $column; exit }
	     { for (column = NF; $column != "InEchos"; column--) continue }' \
		/proc/net/snmp
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

# vf_packets rx|tx: of the VF there is
vf_packets()
{
	cat "/sys/class/net/$VF/statistics/$1_packets"
}

# carries SENT GOT: the VF does, at least as many packets, whatever else there is
carries()
{
	! alone || return 0
	is_ready && [ "$(vf_packets tx)" -ge "$1" ] &&
		[ "$(vf_packets rx)" -ge "$2" ]
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
	wait_for echoed $(($(echoes) + BEFORE))
	step "migration: VF ${VF:-none}${VF:+, $MODEL, in use}; the guest goes ..."
	# The answer comes from the target; nothing may ask meanwhile
	report=$(vmhost migrate timeout=$UNPLUG_WAIT) || bail "no migration"
	echo "@ migration $report"
	[[ $report = *status=completed* ]] || bail "$report"
	step "migration: at the target, ${report#*completed }"
	wait_for carries $IN_USE $IN_USE
	vmhost log in-use
	# A VF that is used may lose its link once more
	wait_for echoed $(($(echoes) + AFTER))
	wait_for carries $((IN_USE + AFTER)) $((IN_USE + AFTER))
	report=$(vmhost ping stop) || bail "no pings"
	echo "@ ping $report"
	step "migration: VF ${VF:-none}${VF:+ in use} at the target, pings $report"
	[ $((SECONDS - STARTED + 1)) -lt "$LENGTH" ] ||
		bail "the stream of $LENGTH s ended before the VF was back"
}

echo "KTAP version 1"
echo "1..1"
setup_master
if alone; then
	vmhost path auto || bail "path failed"
else
	plug auto
fi
wait_for reach_host
STARTED=$SECONDS
start_stream tcp-to-host -b "$TCP_RATE" -l 8K
wait_for carries $IN_USE $IN_USE
migrate
end_stream tcp-to-host
echo "ok 1 migration"
