#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One line of the benchmark's second table: what planned unplugs and re-plugs of
# the VF cost BENCH_DRIVER. The host takes the same steps for each: its filter
# goes to standby, the VF is unplugged; another one is plugged, and the filter
# follows when the guest has sent a packet by it. Meanwhile the guest sends
# numbered packets, or a TCP stream, and the host asks for echoes.
#
# vmtest: timeout=600

. "$(dirname "$0")/lib.sh"

readonly ROUNDS=${BENCH_ROUNDS:-3} RATE=2500

echo "KTAP version 1"

# field NAME TEXT: of "name=value ..."
field()
{
	tr ' ' '\n' <<< "$2" | sed -n "s/^$1=//p"
}

vf_is_there()
{
	VF=$(driver_netdev "$MODEL") && has_carrier "$VF"
}

vf_is_gone()
{
	! driver_netdev "$MODEL"
}

rounds()
{
	local round plug

	for ((round = 0; round < ROUNDS; round++)); do
		vmhost step unplug timeout=120 || die "unplug failed"
		wait_for vf_is_gone
		# bonding's needs its slave before it can speak by it
		vmhost step plug "$MODEL" timeout=120 &
		# Now: $! becomes that of wait_for's process substitution
		plug=$!
		wait_for driver_netdev "$MODEL"
		VF=$(driver_netdev "$MODEL")
		[ "$BENCH_DRIVER" != bonding ] || rejoin_bonding
		wait "$plug" || die "plug failed"
		wait_for vf_is_there
	done
}

packets_of_storm()
{
	sed -n 's/.*pkts-sofar: *\([0-9]*\).*/\1/p' "$PG/$DEV@0"
}

timeouts()
{
	awk '$1 != "TcpExt:" { next }
	     column { print $column; exit }
	     { for (column = NF; $column != "TCPTimeouts"; column--) continue }' \
		/proc/net/netstat
}

measure_packets()
{
	local storm sent out pings

	modprobe pktgen || die "no pktgen"
	dmesg -n 6
	pgset kpktgend_0 "add_device $DEV@0"
	pgset "$DEV@0" "count 0"
	pgset "$DEV@0" "pkt_size 60"
	pgset "$DEV@0" "delay $((1000000000 / RATE))"
	pgset "$DEV@0" "xmit_mode queue_xmit"
	pgset "$DEV@0" "dst 192.0.2.1"
	pgset "$DEV@0" "udp_dst_min 5999"
	pgset "$DEV@0" "udp_dst_max 5999"
	pgset "$DEV@0" "dst_mac 52:54:00:00:00:01"
	vmhost sequence start || die "no receiver"
	vmhost ping start || die "no pings"
	echo start > "$PG/pgctrl" &
	storm=$!
	rounds
	echo stop > "$PG/pgctrl"
	wait $storm
	sent=$(packets_of_storm)
	out=$(vmhost sequence stop)
	pings=$(vmhost ping stop)
	echo "# SWITCH $BENCH_DRIVER sent=$sent" \
	     "lost=$((sent - $(field received "$out")))" \
	     "doubled=$(field doubled "$out")" \
	     "reordered=$(field reordered "$out")" \
	     "gap=$(field longest_gap "$out")" \
	     "pings_lost=$(field lost "$pings")" \
	     "ping_gap=$(field longest_gap "$pings")"
}

measure_tcp()
{
	local before stream out

	vmhost iperf-server start > /dev/null || die "no server"
	before=$(timeouts)
	iperf3 -c 192.0.2.1 -t 300 -b 10M -i 0.1 > /tmp/stream.log 2>&1 &
	stream=$!
	wait_for grep -q ' sec ' /tmp/stream.log
	vmhost capture start bridge tcp dst port 5201 || die "no capture"
	rounds
	out=$(vmhost capture gap bridge)
	kill -INT $stream
	wait $stream
	echo "# SWITCH $BENCH_DRIVER tcp_gap=$(field longest_gap "$out")" \
	     "tcp_timeouts=$(($(timeouts) - before))"
}

"setup_${BENCH_DRIVER}"
ip link set dev "$DEV" up
ip address add 192.0.2.2/24 dev "$DEV"
wait_for has_carrier "$VF"
vmhost path vf
wait_for ping -q -c 1 -W 1 192.0.2.1
measure_packets
measure_tcp
echo "ok 1 $BENCH_DRIVER: $ROUNDS unplugs twice"
echo "1..1"
