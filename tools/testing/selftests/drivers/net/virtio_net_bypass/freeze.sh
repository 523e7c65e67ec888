#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The devices freeze and thaw while the kernel itself has something to send: the
# answers to pings, which no process asks for and which thus go on until the rings
# are gone. Standby receives them, which makes it look whether its send queues
# have room. With two CPUs, one sends while the other one freezes.
#
# vmtest: smp=2 timeout=300 append=no_console_suspend

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sleep_lib.sh"

CYCLES=4
[ -z "${BYPASS_FULL:-}" ] || CYCLES=40
readonly FILTER=/sys/kernel/tracing/set_ftrace_filter

# freezes N: so many times
freezes()
{
	local n

	for ((n = 0; n < $1; n++)); do
		devices_freeze mem || return 1
	done
}

# setup_trace: of who is called from the freeze of the virtio device on
setup_trace()
{
	# The first one is virtio_net's own
	echo start_xmit:mod:virtio_net > "$FILTER" &&
		echo virtnet_bypass_stats_freeze virtnet_bypass_restore \
			>> "$FILTER" &&
		echo function > /sys/kernel/tracing/current_tracer
}

# calls: "CYCLES PACKETS": so many freezes, and packets given to virtio_net in one
calls()
{
	awk '/: virtnet_bypass_stats_freeze <-/ { frozen = 1; cycles++ }
	     /: virtnet_bypass_restore <-/ { frozen = 0 }
	     /: start_xmit <-/ { packets += frozen }
	     END { print cycles + 0, packets + 0 }' /sys/kernel/tracing/trace
}

# check_calls WHEN
check_calls()
{
	local cycles packets

	if [ ! -e "$FILTER" ]; then
		skip_result "$1: virtio_net was given no packet in a freeze" \
			"needs CONFIG_FUNCTION_TRACER"
		return
	fi
	read -r cycles packets < <(calls)
	check "$1: $cycles freezes are in the trace" [ "$cycles" -eq "$CYCLES" ]
	check "$1: virtio_net was given no packet in one" [ "$packets" -eq 0 ]
}

# under_pings PATH WHEN: the host asks by standby's port
under_pings()
{
	local dropped

	vmhost path standby
	vmhost ping start 0.002
	dropped=$(statistic "$MASTER" tx_dropped)
	echo > /sys/kernel/tracing/trace
	check "$2: freezes and thaws" freezes "$CYCLES"
	check_calls "$2"
	check_wait "$2: the path is that from before" "on_$1" "$MASTER"
	note "$(vmhost ping stop)"
	check "$2: nothing was dropped at the way out" \
		[ "$(statistic "$MASTER" tx_dropped)" -eq "$dropped" ]
	vmhost path "$1"
	check "$2: traffic" ping_by "$1"
}

# down PATH WHEN: freeze a master that is set down
down()
{
	ip link set dev "$MASTER" down
	check "$2, down: freezes and thaws" devices_freeze mem
	ip link set dev "$MASTER" up
	check_wait "$2, down: the path is that from before" "on_$1" "$MASTER"
	check "$2, down: traffic" ping_by "$1"
}

[ -w /sys/power/pm_test ] || skip_all "needs CONFIG_PM_DEBUG"
# Seconds: the announcement of the switch comes three times, 100 ms apart
echo 1 > /sys/module/suspend/parameters/pm_test_delay
setup_master
[ ! -e "$FILTER" ] || setup_trace || bail "no trace of functions"
for when in "standby" "VF vmxnet3"; do
	path=standby
	if [ "$when" != standby ]; then
		plug_vf vmxnet3 pair=no
		path=vf
	fi
	under_pings "$path" "$when"
	down "$path" "$when"
done
finish
