#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Planned switches of a guest that the host lets run for a moment only, again and
# again, and then not for longer than the bound of a drain: what the VF has sent
# meanwhile is not taken for something left in it.
#
# vmtest: timeout=400

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/storm.sh"

readonly TRACE=/sys/kernel/tracing
# Microseconds, the bound of drain.c
readonly BOUND=50000
# Milliseconds for which the host lets the guest wait, and run
readonly STOP=80 RUN=40
# Drains in which it has to wait
readonly HITS_FULL=${BYPASS_FULL:+100}
readonly HITS=${HITS_FULL:-10}

# drains LEFT [USECS]: before a switch from the VF, with something LEFT in it at
# their end or not; of those that took so long
drains()
{
	awk -v prefix="dev=$MASTER" -v left="left=$1" -v least="${2:-0}" '
		/virtnet_bypass_drain: / && !/path=standby/ && $NF == left {
			match($0, / usecs=[0-9]+/)
			n += substr($0, RSTART + 7) + 0 >= least
		}
		END { print n + 0 }' $TRACE/trace
}

# has_bql NETDEV: it has had traffic
has_bql()
{
	[ "$(cat "/sys/class/net/$1/queues/tx-0/byte_queue_limits/limit")" -gt 0 ]
}

hits()
{
	echo $(($(drains 0 $BOUND) + $(drains 1 $BOUND)))
}

# switches MODEL [WORDS OF PLUG]
switches()
{
	local base round rounds=$HITS

	plug_vf "$@"
	vmhost path standby
	base=$(sent_by vf)
	numbered_begin 10000
	wait_for stream_runs vf "$base" || bail "no stream by the VF"
	! has_bql "$VF" || rounds=$((10 * HITS))
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
	if has_bql "$VF"; then
		check "$1: it had to wait in drains" [ "$(hits)" -ge "$HITS" ]
		check "$1: nothing was left in a VF" [ "$(drains 1)" -eq 0 ]
	else
		skip_result "$1: nothing was left in a VF" \
			"nobody tells without BQL, which virtio_net has since Linux 6.11"
	fi
	unplug_vf
}

setup_master
# No drop by a reader that has to share the CPU
sysctl -q -w net.core.rmem_default=$((64 << 20))
echo 1 > $TRACE/events/virtnet_bypass/virtnet_bypass_drain/enable
storm_setup 1
# It sends after 40 ms what it was given: most drains take a while
switches virtio-net-pci opts tx=timer,x-txtimer=40000000
finish
