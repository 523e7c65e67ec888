# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A storm of packets by the kernel's pktgen through the stack of the master, for
# the tests that need its queues full; sourced after lib.sh.

# shellcheck disable=SC2034 # for the tests
readonly DELAY=${BYPASS_STORM_DELAY:-0}
# Nanoseconds after which a virtio device empties its ring: long enough for the
# guest to fill it, which takes a debug kernel longer
# shellcheck disable=SC2034 # for the tests
readonly TXTIMER=${BYPASS_TXTIMER:-50000000}

pgset()
{
	echo "$2" > "/proc/net/pktgen/$1" || bail "pktgen refuses '$2' for $1"
}

# for_each_storm WORDS: set something on all of pktgen's devices
for_each_storm()
{
	local cpu

	for ((cpu = 0; cpu < STORM_CPUS; cpu++)); do
		pgset "$MASTER@$cpu" "$*"
	done
}

# renew_device CPU: a device of pktgen's that knows nothing of an earlier storm.
# The thread of the CPU removes one when it comes to that, and any that was added
# meanwhile: not before it is gone, nor if there is none.
renew_device()
{
	local device=$MASTER@$1

	if [ -e "/proc/net/pktgen/$device" ]; then
		pgset "kpktgend_$1" rem_device_all
		wait_for [ ! -e "/proc/net/pktgen/$device" ] ||
			bail "pktgen keeps $device"
	fi
	pgset "kpktgend_$1" "add_device $device"
}

# storm_setup [CPUS]: pktgen through the stack on two CPUs or more: 60-byte
# packets, 64 flows
storm_setup()
{
	local cpu

	STORM_CPUS=${1:-2}

	modprobe pktgen || skip_all "no pktgen"
	# It tells of each packet that a full qdisc dropped or that it has no
	# memory for. On a slow console that would be the load, not the packets.
	dmesg -n 6
	for ((cpu = 0; cpu < STORM_CPUS; cpu++)); do
		renew_device "$cpu"
	done
	for_each_storm count 0
	for_each_storm pkt_size 60
	for_each_storm delay 0
	for_each_storm xmit_mode queue_xmit
	for_each_storm dst_mac 52:54:00:00:00:01
	for_each_storm dst 198.51.100.9
	for_each_storm flag UDPSRC_RND
	for_each_storm udp_src_min 1024
	for_each_storm udp_src_max 1087
}

# throttle NS: time between two packets of each CPU, for the storms in which
# something else has to be done. An emulated NIC sends at once when it is told
# to, and interrupts: where a packet takes longer than that, as on a kernel with
# all checks, CPU 0 sends what CPU 1 delivers in softirqs without an end, and
# never comes to the worker that handles the unplug.
throttle()
{
	for_each_storm delay "$1"
}

# pieces N: each packet in N fragments besides its headers
pieces()
{
	for_each_storm frags "$1"
}

storm_runs()
{
	local cpu

	for ((cpu = 0; cpu < STORM_CPUS; cpu++)); do
		grep -q "^Running: .*$MASTER@$cpu" \
			"/proc/net/pktgen/kpktgend_$cpu" || return
	done
}

# A thread that is told to stop before it has begun stops first, and then begins
storm_begin()
{
	echo start > /proc/net/pktgen/pgctrl &
	storm=$!
	wait_for storm_runs || bail "pktgen does not begin"
}

storm_end()
{
	echo stop > /proc/net/pktgen/pgctrl
	wait "$storm"
	sed -n "s/^Result: /# $1: /p" "/proc/net/pktgen/$MASTER@"*
}

# packets_of_storm: that the stack took
packets_of_storm()
{
	sed -n 's/.*pkts-sofar: *\([0-9]*\).*/\1/p' \
		"/proc/net/pktgen/$MASTER@"* |
		awk '{ n += $1 } END { print n }'
}

# first_in_first_out: qdiscs of the default kind drop what has waited for too long
# (fq_codel) and let a flow overtake another, which says nothing about the driver.
# Without a root of its own the master has new ones.
first_in_first_out()
{
	sysctl -q -w net.core.default_qdisc=pfifo_fast
	tc qdisc replace dev "$MASTER" root pfifo || bail "no other qdisc"
	tc qdisc del dev "$MASTER" root || bail "the qdisc stays"
	[ "$(tc qdisc show dev "$MASTER" | grep -c pfifo_fast)" -gt 0 ] ||
		bail "the master has other qdiscs"
}

# numbered_setup RATE: so many packets per second to the host, which receives
# their numbers from now on
numbered_setup()
{
	for_each_storm flag !UDPSRC_RND
	for_each_storm dst "$HOST"
	for_each_storm udp_dst_min 5999
	for_each_storm udp_dst_max 5999
	throttle $((1000000000 / $1))
	vmhost sequence start || bail "no receiver"
}

# numbered_begin RATE: in the order in which they are made
numbered_begin()
{
	first_in_first_out
	numbered_setup "$1"
	storm_begin
}

# numbered_end NAME: each of them has arrived, and once; ARRIVED is what the host
# says
numbered_end()
{
	local sent

	storm_end
	sent=$(packets_of_storm)
	ARRIVED=$(vmhost sequence stop) || bail "no receiver"
	note "sent=$sent $ARRIVED"
	check "$1: packets went out" [ "$sent" -ge 400 ]
	check "$1: nothing is lost on the way out" \
		[ "$(field received "$ARRIVED")" -eq "$sent" ]
	check "$1: nothing is doubled on the way out" \
		[ "$(field doubled "$ARRIVED")" -eq 0 ]
}

# seconds_pass N: of the guest's clock, by a timer and not by hope; a minute in
# a full run
seconds_pass()
{
	local seconds=$1

	[ -z "${BYPASS_FULL:-}" ] || seconds=60
	read -r -t "$seconds" <> <(:)
}

# The smallest tx ring that a driver takes
declare -A SMALLEST=([e1000e]=64 [vmxnet3]=32 [igbvf]=80)

# smallest_ring: of the VF; it takes most drivers' link down for a moment
smallest_ring()
{
	local n=${SMALLEST[$(driver_of "$VF")]}

	ethtool -G "$VF" tx "$n" || bail "no tx ring of $n on $VF"
	[ "$(ring "$VF" tx)" = "$n" ] || bail "$VF has not the tx ring of $n"
	wait_for on_vf "$MASTER" || bail "the VF did not come back"
}
