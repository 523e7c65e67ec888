#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Planned switches of a guest that the host lets run for a moment only, again and
# again, and then not for longer than the bound of a drain: what the VF has sent
# meanwhile is not taken for something left in it.
#
# vmtest: timeout=400 skips='nobody tells without BQL'

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/storm_lib.sh"

readonly TRACE=/sys/kernel/tracing
# Microseconds, the bound of drain.c
readonly BOUND=50000
# Milliseconds for which the host lets the guest wait, and run
readonly STOP=80 RUN=40
# Drains in which it has to wait
readonly HITS_FULL=${BYPASS_FULL:+100}
readonly HITS=${HITS_FULL:-10}

# hits: drains before a switch from the VF that took longer than their bound
hits()
{
	awk -v drain="virtnet_bypass_drain: dev=$MASTER " -v bound=$BOUND '
		index($0, drain) && !/path=standby/ {
			match($0, / usecs=[0-9]+/)
			n += substr($0, RSTART + 7) + 0 >= bound
		}
		END { print n + 0 }' $TRACE/trace
}

# has_bql NETDEV: it has had traffic
has_bql()
{
	[ "$(cat "/sys/class/net/$1/queues/tx-0/byte_queue_limits/limit")" -gt 0 ]
}

# switches MODEL [WORDS OF PLUG]
switches()
{
	local base bql round rounds=$HITS

	plug_vf "$@"
	vmhost path standby
	base=$(sent_by vf)
	numbered_begin 10000
	wait_for stream_runs vf "$base" || bail "no stream by the VF"
	bql=$(has_bql "$VF" && echo yes)
	[ -z "$bql" ] || rounds=$((10 * HITS))
	echo > $TRACE/trace
	vmhost stall $STOP $RUN || bail "the host does not stall"
	for ((round = 0; round < rounds; round++)); do
		[ "$(hits)" -lt "$HITS" ] || break
		vf_set down
		vf_set up
	done
	vmhost stall off
	numbered_end "$1"
	note "$1: in $(hits) of $round switches the guest had to wait"
	if [ "$bql" ]; then
		check "$1: it had to wait in drains" [ "$(hits)" -ge "$HITS" ]
		check "$1: nothing was left in a VF" \
			[ "$(count_of "$MASTER" bypass_undrained)" -eq 0 ]
	else
		skip_result "$1: nothing was left in a VF" \
			"nobody tells without BQL, which virtio_net has since Linux 6.11"
	fi
	unplug_vf
}

setup_master
echo 1 > $TRACE/events/virtnet_bypass/virtnet_bypass_drain/enable
storm_setup 1
# It sends after 40 ms what it was given: most drains take a while
switches virtio-net-pci opts tx=timer,x-txtimer=40000000
finish
