#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The numbers of tx queues change on either path while all of them are full and
# busy: none of the master's queues is left waiting, and each CPU's packets take
# the queue that is theirs. The VF is a virtio NIC here, whose number of queues
# can be set; both devices take packets out of their rings by a timer of 50 ms,
# so that the rings are full.
#
# vmtest: smp=4 queue-pairs=2 timeout=400
# vmtest: virtio-opts=tx=timer,x-txtimer=50000000
#
# What is in the ring of a virtio queue that is taken away stays there until it
# is given back, and the watchdog of that netdev says so, as it does for a
# virtio_net without a VF. It may not for the master.
#
# vmtest: allow='virtio1 eth1: NETDEV WATCHDOG'

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/storm_lib.sh"

readonly VF_OPTS=mq=on,vectors=10,tx=timer,x-txtimer=$TXTIMER
# The tap of a second VF; the first one has a single queue
readonly VF_PATH=tv2

# ping_from CPU: each packet is a kick, as it waits for the answer to the one
# before it, which comes when the device's timer has run
ping_from()
{
	for _ in 1 2 3 4 5; do
		all_answered "taskset -c $1" 1 "$HOST" || return 1
	done
}

# no queue is dead: the packets of each CPU arrive, and by that path
all_cpus_reach()
{
	local before cpu

	before=$(sent_by "$1")
	for cpu in 0 1 2 3; do
		ping_from "$cpu" || return 1
	done
	[ $(($(sent_by "$1") - before)) -ge 20 ]
}

every_queue_has_a_cpu()
{
	! grep -qx 0 "/sys/class/net/$MASTER/queues"/tx-*/xps_cpus
}

# each_cpu_has_its_queue: and no other one; there are as many
each_cpu_has_its_queue()
{
	local cpu

	for cpu in 0 1 2 3; do
		[ "$((16#$(cat "/sys/class/net/$MASTER/queues/tx-$cpu/xps_cpus")))" \
		  -eq $((1 << cpu)) ] || return 1
	done
}

# renew_cpu N: it goes and comes
renew_cpu()
{
	local online=/sys/devices/system/cpu/cpu$1/online

	echo 0 > "$online" && echo 1 > "$online"
}

# qdiscs_are KIND N: of the master's queues
qdiscs_are()
{
	note "$(tc qdisc show dev "$MASTER" | awk '{ print $2, $4, $5 }' |
		paste -sd ,)"
	[ "$(tc qdisc show dev "$MASTER" | grep -c "^qdisc $1 .*parent")" -eq "$2" ]
}

# kicks_of DEV QUEUE: how often the device was told to look for packets; the
# counter has had two names
kicks_of()
{
	ethtool -S "$1" | awk -v a="tx_queue_$2_kicks:" -v b="tx$2_kicks:" \
		'$1 == a || $1 == b { print $2 }'
}

# uses_queue CPU DEV QUEUE: what a CPU sends is counted there
uses_queue()
{
	local before

	before=$(kicks_of "$2" "$3")
	ping_from "$1" || return 1
	[ $(($(kicks_of "$2" "$3") - before)) -ge 5 ]
}

# change_queues DEV N...
change_queues()
{
	local dev=$1 n
	shift

	for n in "$@"; do
		ethtool -L "$dev" combined "$n" || return 1
		wait_for more_stops_than $(($(stops) + 10)) || return 1
	done
}

# storm_while NAME PATH COMMAND...: the rings are full when it runs
storm_while()
{
	local name=$1 path=$2 before
	shift 2

	before=$(stops)
	storm_begin
	check_wait "$name: queues are full" more_stops_than $((before + 10))
	check "$name: it can be done" "$@"
	storm_end
	note "$name: a queue was stopped $(($(stops) - before)) times"
	check_wait "$name: the backlog drains" backlog_is_empty
	check "$name: each CPU's packets arrive" all_cpus_reach "$path"
}

# woken: queues for each time that a queue of the VF has room again
woken()
{
	local tracing=/sys/kernel/tracing before

	echo virtnet_bypass_shim_dequeue netif_tx_wake_queue \
		> $tracing/set_ftrace_filter || return 1
	before=$(stops)
	storm_begin
	wait_for more_stops_than $((before + 10))
	echo function > $tracing/current_tracer
	before=$(stops)
	wait_for more_stops_than $((before + 10))
	echo 0 > $tracing/tracing_on
	storm_end > /dev/null
	awk '/: virtnet_bypass_shim_dequeue <-/ { rooms++ }
	     /: netif_tx_wake_queue <-virtnet_bypass_/ { wakes++ }
	     END {
		if (!rooms)
			exit 1
		printf "%.1f\n", wakes / rooms
	     }' $tracing/trace
	echo nop > $tracing/current_tracer
	echo 1 > $tracing/tracing_on
}

# As long as queues are shared, all are woken for one. Its driver tells nobody of
# a change; a link that comes back is a reason to look.
check_shared()
{
	local woken

	if [ ! -e /sys/kernel/tracing/set_ftrace_filter ]; then
		skip_result "nobody shares a queue any more" \
			"needs CONFIG_FUNCTION_TRACER"
		return
	fi
	vmhost link many off
	wait_for on_standby "$MASTER"
	vmhost link many on
	wait_for on_vf "$MASTER" || bail "the VF is not in use"
	woken=$(woken) || bail "nothing was traced"
	note "$woken queues are woken for one"
	check "nobody shares a queue any more: only one is woken" \
		[ "${woken%.*}" -le 1 ]
}

# Not the kernel's own, which its queues would have anyway
modprobe -a sch_fq_codel 2> /dev/null
sysctl -qw net.core.default_qdisc=fq_codel
setup_master
check "each queue has the system's qdisc" qdiscs_are fq_codel 2
storm_setup 4
throttle 50000
storm_while "standby, its queues change" standby \
	change_queues "$MASTER" 1 2

plug_vf virtio-net-pci id=many queues=4 opts "$VF_OPTS"
ethtool -L "$VF" combined 4
check "the master has a tx queue for each of the VF" \
	[ "$(queue_count "$MASTER" tx)" -eq 4 ]
check "each queue has the system's qdisc still" qdiscs_are fq_codel 4
check "each queue has a CPU" every_queue_has_a_cpu
check "each CPU has one" each_cpu_has_its_queue
check "CPU 3 goes and comes" renew_cpu 3
check_wait "each CPU has one again" each_cpu_has_its_queue
for cpu in 0 1 2 3; do
	check "VF: CPU $cpu sends by queue $cpu" \
		uses_queue "$cpu" "$VF" "$cpu"
done
storm_while "the VF's queues change" $VF_PATH \
	change_queues "$VF" 1 3 2 4
storm_while "the VF's queues get fewer" $VF_PATH change_queues "$VF" 3 2
storm_while "the VF's queues get more" $VF_PATH change_queues "$VF" 4
check_shared
storm_while "VF, standby's queues change" $VF_PATH \
	change_queues "$MASTER" 1 2
check "the master keeps a tx queue for each of the VF" \
	[ "$(queue_count "$MASTER" tx)" -eq 4 ]
check "each queue has a CPU still" every_queue_has_a_cpu

unplug_vf many
check "after the unplug: the VF is gone" vf_is_gone "$MASTER"
check "after the unplug: CPU 1 sends by queue 1" \
	uses_queue 1 "$MASTER" 1
check "after the unplug: CPU 3 borrows queue 1" \
	uses_queue 3 "$MASTER" 1
check "after the unplug: CPU 2 borrows queue 0" \
	uses_queue 2 "$MASTER" 0
storm_while "queues are borrowed, and change" standby \
	change_queues "$MASTER" 1 2

ip link set dev "$MASTER" down
ip link set dev "$MASTER" up
check "set down and up: as many tx queues as standby has" \
	[ "$(queue_count "$MASTER" tx)" -eq 2 ]
check "set down and up: each CPU's packets arrive" all_cpus_reach standby

plug_vf vmxnet3 id=many
check "they come again" qdiscs_are fq_codel 4
smallest_ring
pieces 15
storm_while "vmxnet3, standby's queues change" $VF_PATH \
	change_queues "$MASTER" 1 2
finish
