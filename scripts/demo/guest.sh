#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest's part of the demo: four iperf3 streams, one after the other, each
# across one unplug and one re-plug of the VF. All times are of the guest's
# clock.
#
# vmtest: timeout=420 env=BYPASS_WAIT=90
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/lib.sh"

# Low enough that what a sender without a processor for half a second sends to
# catch up fits into the receiver's socket
readonly UDP_RATE=${DEMO_UDP_RATE:-5M}
# Of a stream, and what is held before the unplug and before the re-plug
readonly LENGTH=${DEMO_SECONDS:-20} BEFORE=4 BETWEEN=2

unplug()
{
	local job

	vmhost path standby || bail "path failed"
	mark standby
	vmhost unplug &
	job=$!
	must is_gone "$VF"
	mark gone
	wait $job || bail "unplug failed"
}

# What the stream does right now, for the terminal: as the guest gets it, or
# the packets which left it by each path so far
flow()
{
	local vf standby

	case $1 in
	*-to-guest)
		grep ' sec .*bits/sec' "/tmp/$1" | tail -n 1 |
			awk '{ for (i = 2; i <= NF; i++) if ($i ~ /bits\/sec/)
				printf "guest gets %.1f Mbit/s\n", $(i - 1) / 1000 }' ;;
	*-to-host)
		read -r vf _ < <(vmhost counters vf)
		read -r standby _ < <(vmhost counters standby)
		echo "packets by VF $((vf - BASE_VF))," \
		     "by standby $((standby - BASE_STANDBY))" ;;
	esac
}

now()
{
	echo "$EPOCHREALTIME"
}

# The clock of host and guest at one moment: the host notes its own
sync_clock()
{
	vmhost log "clock $1 $(now)"
}

overflows()
{
	mib Udp RcvbufErrors < /proc/net/snmp
}

# phase NAME ARGUMENT...: one stream, one unplug, one re-plug
phase()
{
	local name=$1 start dropped
	shift

	read -r BASE_VF _ < <(vmhost counters vf)
	read -r BASE_STANDBY _ < <(vmhost counters standby)
	dropped=$(overflows)
	event phase name="$name"
	sync_clock "$name"
	start_stream "$name" "$@"
	start=$SECONDS
	pause $BEFORE
	step "$name: VF in use, $(flow "$name")"
	unplug
	step "$name: VF unplugged, standby in use, $(flow "$name")"
	[ -n "$SEEN" ] || tell_links standby
	pause $BETWEEN
	step "$name: VF plugged again ... $(flow "$name")"
	plug
	[ $((SECONDS - start + 1)) -lt "$LENGTH" ] ||
		bail "$name: the stream of $LENGTH s ended before the VF was back"
	step "$name: VF in use again, $(flow "$name")"
	[ -n "$SEEN" ] || tell_links again
	SEEN=1
	end_stream "$name"
	sync_clock "$name"
	event end overflow="$(($(overflows) - dropped))"
}

SEEN='' BASE_VF=0 BASE_STANDBY=0
# A process that waits for an emulated CPU is not to count as loss
sysctl -qw net.core.rmem_default=8388608 net.core.rmem_max=8388608 \
	   net.core.wmem_max=8388608
setup_failover
plug
tell_links vf
must reach_host
step "VF $VF in use, address on $MASTER"
event kernel release="$(uname -r)"
vmhost iperf-server start > /dev/null || bail "no iperf3 server"

phase tcp-to-host -b "$TCP_RATE" -l 8K
phase tcp-to-guest -b "$TCP_RATE" -l 8K
phase udp-to-host -u -b "$UDP_RATE" -l 1200 -w 416K
phase udp-to-guest -u -b "$UDP_RATE" -l 1200
while IFS= read -r line; do
	event dmesg line="$line"
done < <(dmesg | grep -iE 'bypass|failover|primary|standby')
report 0 "four streams"
finish
