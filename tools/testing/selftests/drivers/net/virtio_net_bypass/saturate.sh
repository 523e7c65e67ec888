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

. "$(dirname "$0")/lib.sh"

readonly SECONDS_EACH=${BYPASS_FULL:+60}
readonly DELAY=${BYPASS_STORM_DELAY:-0}

pgset()
{
	echo "$2" > "/proc/net/pktgen/$1" || bail "pktgen refuses '$2' for $1"
}

# pktgen through the stack on both CPUs: 60-byte packets, 64 flows
storm_setup()
{
	local cpu

	modprobe pktgen || skip_all "no pktgen"
	# It tells of each packet that a full qdisc dropped or that it has no
	# memory for. On a slow console that would be the load, not the packets.
	dmesg -n 6
	for cpu in 0 1; do
		pgset "kpktgend_$cpu" rem_device_all
		pgset "kpktgend_$cpu" "add_device $MASTER@$cpu"
		pgset "$MASTER@$cpu" "count 0"
		pgset "$MASTER@$cpu" "pkt_size 60"
		pgset "$MASTER@$cpu" "delay 0"
		pgset "$MASTER@$cpu" "xmit_mode queue_xmit"
		pgset "$MASTER@$cpu" "dst_mac 52:54:00:00:00:01"
		pgset "$MASTER@$cpu" "dst 198.51.100.9"
		pgset "$MASTER@$cpu" "flag UDPSRC_RND"
		pgset "$MASTER@$cpu" "udp_src_min 1024"
		pgset "$MASTER@$cpu" "udp_src_max 1087"
	done
}

# throttle NS: time between two packets of each CPU, for the storms in which
# something else has to be done. An emulated NIC sends at once when it is told
# to, and interrupts: where a packet takes longer than that, as on a kernel with
# all checks, CPU 0 sends what CPU 1 delivers in softirqs without an end, and
# never comes to the worker that handles the unplug.
throttle()
{
	pgset "$MASTER@0" "delay $1"
	pgset "$MASTER@1" "delay $1"
}

# pieces N: each packet in N fragments besides its headers
pieces()
{
	pgset "$MASTER@0" "frags $1"
	pgset "$MASTER@1" "frags $1"
}

storm_begin()
{
	echo start > /proc/net/pktgen/pgctrl &
	storm=$!
}

storm_end()
{
	echo stop > /proc/net/pktgen/pgctrl
	wait $storm
	sed -n "s/^Result: /# $1: /p" "/proc/net/pktgen/$MASTER@0" \
		"/proc/net/pktgen/$MASTER@1"
}

# seconds of the guest's clock, by a timer and not by hope
seconds_pass()
{
	read -r -t "${SECONDS_EACH:-10}" <> <(:)
}

stops()
{
	count_of "$MASTER" bypass_tx_stop
}

backlog_is_empty()
{
	! tc -s qdisc show dev "$MASTER" | grep -qE 'backlog [^ ]+ [1-9][0-9]*p'
}

tx_dropped()
{
	cat "/sys/class/net/$1/statistics/tx_dropped"
}

# check_storm NAME PATH
check_storm()
{
	check "$1: packets went out" [ "$(sent_by "$2")" -gt $((base + 1000)) ]
	check_wait "$1: the backlog drains" backlog_is_empty
	check "$1: traffic afterwards" ping_by "$2"
}

# ring_is_small DEV N
ring_is_small()
{
	[ "$(ethtool -g "$1" | awk '/^TX:/ { n = $2 } END { print n }')" = "$2" ]
}

# smallest_ring N: it takes most drivers' link down for a moment
smallest_ring()
{
	ethtool -G "$VF" tx "$1" || bail "no tx ring of $1 on $VF"
	ring_is_small "$VF" "$1" || bail "$VF has not the tx ring of $1"
	wait_for on_vf "$MASTER" || bail "the VF did not come back"
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

declare -A SMALLEST=([e1000e]=64 [vmxnet3]=32)

setup_master
storm_setup

for model in e1000e vmxnet3; do
	plug_vf $model
	smallest_ring "${SMALLEST[$model]}"
	[ "$model" != vmxnet3 ] || queues_of 3 0
	base=$(sent_by vf)
	stops=$(stops)
	dropped=$(tx_dropped "$VF")
	pieces 14
	storm_begin
	seconds_pass
	storm_end "$model"
	pieces 0
	[ "$model" != vmxnet3 ] || queues_of 1 2
	check_storm "$model saturated" vf
	note "the queue was stopped $(($(stops) - stops)) times"
	check "$model saturated: the ring was full" \
		[ "$(stops)" -gt "$stops" ]
	check "$model saturated: the VF dropped nothing" \
		[ "$(tx_dropped "$VF")" -eq "$dropped" ]

	# Unplug and plug in the middle of it
	base=$(sent_by standby)
	throttle "$DELAY"
	storm_begin
	unplug_vf
	plug_vf $model
	unplug_vf
	seconds_pass
	storm_end "$model unplugged"
	check_storm "$model unplugged under load" standby
	throttle 0
done

base=$(sent_by standby)
stops=$(stops)
dropped=$(tx_dropped "$MASTER")
storm_begin
seconds_pass
storm_end standby
check_storm "virtio saturated" standby
note "the queue was stopped $(($(stops) - stops)) times"
check "virtio saturated: the ring was full" [ "$(stops)" -gt "$stops" ]
check "virtio saturated: the driver dropped nothing" \
	[ "$(tx_dropped "$MASTER")" -eq "$dropped" ]

# Back and forth as fast as it goes: no stop of one path outlives it
plug_vf vmxnet3
throttle "$DELAY"
storm_begin
switches=${BYPASS_SWITCHES:-10}
[ -z "${BYPASS_FULL:-}" ] || switches=400
for ((i = 0; i < switches; i++)); do
	ip link set dev "$VF" down
	wait_for on_standby "$MASTER"
	ip link set dev "$VF" up
	wait_for on_vf "$MASTER"
done
storm_end "path changes"
base=$(($(sent_by vf) - 2000))
check_storm "path changed $i times under load" vf
check "no queue of the master is dead" \
	[ "$(tc -s qdisc show dev "$MASTER" | grep -c 'backlog 0b 0p')" -eq \
	  "$(tc -s qdisc show dev "$MASTER" | grep -c backlog)" ]
finish
