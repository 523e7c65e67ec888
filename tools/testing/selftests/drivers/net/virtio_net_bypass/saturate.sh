#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# More packets than a ring takes, by many flows on two CPUs, first on the VF,
# then on standby, then while the path changes under them. Nothing is stuck,
# nothing is dropped but by the qdisc, and the runner sees no "asks to queue
# packet" and no watchdog in the kernel's log.
#
# The rings have to fill whatever the machine's speed: a VF gets the smallest
# ring its driver takes, packets of 15 pieces and all CPUs on one queue, and the
# virtio device takes packets out of its 256 places by a timer of 250 ms.
#
# vmtest: smp=2 timeout=500 virtio-opts=tx=timer,x-txtimer=250000000
# vmtest: built-in=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/storm_lib.sh"

# check_storm NAME PATH
check_storm()
{
	check "$1: packets went out" [ "$(sent_by "$2")" -gt $((base + 1000)) ]
	check_wait "$1: the backlog drains" backlog_is_empty
	check "$1: traffic afterwards" ping_by "$2"
}

# queues_of MASK...: the CPUs that send by each of the first tx queues
queues_of()
{
	local queue=0 mask

	for mask in "$@"; do
		echo "$mask" > \
		     "/sys/class/net/$MASTER/queues/tx-$queue/xps_cpus" ||
			bail "no XPS for queue $queue"
		queue=$((queue + 1))
	done
}

setup_master
storm_setup

# QEMU's igb loses packets with pieces of a few bytes, whoever sends them
declare -A LENGTH=([igbvf]=200)
for model in e1000e vmxnet3 igbvf; do
	plug_vf $model
	smallest_ring
	[ "$model" != vmxnet3 ] || queues_of 3 0
	base=$(sent_by vf)
	stops=$(stops)
	dropped=$(statistic "$VF" tx_dropped)
	for_each_storm pkt_size "${LENGTH[$model]:-60}"
	pieces 14
	storm_begin
	seconds_pass 10
	storm_end "$model"
	pieces 0
	for_each_storm pkt_size 60
	[ "$model" != vmxnet3 ] || queues_of 1 2
	check_storm "$model saturated" vf
	note "the queue was stopped $(($(stops) - stops)) times"
	check "$model saturated: the ring was full" more_stops_than "$stops"
	check "$model saturated: the VF dropped nothing" \
		[ "$(statistic "$VF" tx_dropped)" -eq "$dropped" ]

	# Unplug and plug in the middle of it
	base=$(sent_by standby)
	throttle "$DELAY"
	storm_begin
	unplug_vf
	plug_vf $model
	unplug_vf
	seconds_pass 3
	storm_end "$model unplugged"
	check_storm "$model unplugged under load" standby
	throttle 0
done

base=$(sent_by standby)
stops=$(stops)
dropped=$(statistic "$MASTER" tx_dropped)
storm_begin
seconds_pass 10
storm_end standby
check_storm "virtio saturated" standby
note "the queue was stopped $(($(stops) - stops)) times"
check "virtio saturated: the ring was full" more_stops_than "$stops"
check "virtio saturated: the driver dropped nothing" \
	[ "$(statistic "$MASTER" tx_dropped)" -eq "$dropped" ]

# Back and forth as fast as it goes: no stop of one path outlives it
plug_vf vmxnet3
throttle "$DELAY"
storm_begin
switches=${BYPASS_SWITCHES:-10}
[ -z "${BYPASS_FULL:-}" ] || switches=400
for ((i = 0; i < switches; i++)); do
	vf_set down
	vf_set up
done
storm_end "path changes"
base=$(($(sent_by vf) - 2000))
check_storm "path changed $i times under load" vf
check "no queue of the master is dead" \
	[ "$(tc -s qdisc show dev "$MASTER" | grep -c 'backlog 0b 0p')" -eq \
	  "$(tc -s qdisc show dev "$MASTER" | grep -c backlog)" ]
finish
