#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One line of the benchmark's second table: what planned unplugs and re-plugs of
# the VF cost BENCH_DRIVER. The host takes the same steps for each: its filter
# goes to standby, the VF is unplugged; another one is plugged, and the filter
# follows when the guest has sent a packet by it. Meanwhile the guest sends
# numbered packets, or a TCP stream, and the host asks for echoes.
#
# vmtest: timeout=600 env=BYPASS_WAIT=120
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/lib.sh"

readonly ROUNDS=${BENCH_ROUNDS:-3} RATE=2500

vf_is_there()
{
	VF=$(netdev_of_driver "$MODEL") && has_carrier "$VF"
}

no_vf_is_there()
{
	! netdev_of_driver "$MODEL"
}

rounds()
{
	local round plug

	for ((round = 0; round < ROUNDS; round++)); do
		vmhost step unplug timeout=120 || bail "unplug failed"
		must no_vf_is_there
		# bonding's needs its slave before it can speak by it
		vmhost step plug "$MODEL" timeout=120 &
		# Now: $! becomes that of wait_for's process substitution
		plug=$!
		must netdev_of_driver "$MODEL"
		VF=$(netdev_of_driver "$MODEL")
		[ "$BENCH_DRIVER" != bonding ] || rejoin_bonding
		wait "$plug" || bail "plug failed"
		must vf_is_there
	done
}

measure_packets()
{
	local sent out pings

	# For the library
	# shellcheck disable=SC2034
	MASTER=$DEV
	storm_setup 1
	numbered_setup $RATE
	vmhost ping start || bail "no pings"
	storm_begin
	rounds
	storm_end "$BENCH_DRIVER"
	sent=$(packets_of_storm)
	out=$(vmhost sequence stop)
	pings=$(vmhost ping stop)
	event packets sent="$sent" \
	      lost="$((sent - $(field received "$out")))" \
	      doubled="$(field doubled "$out")" \
	      reordered="$(field reordered "$out")" \
	      gap="$(field longest_gap "$out")" \
	      pings_lost="$(field lost "$pings")" \
	      ping_gap="$(field longest_gap "$pings")"
}

measure_tcp()
{
	local before stream out

	vmhost iperf-server start > /dev/null || bail "no server"
	before=$(mib TcpExt TCPTimeouts < /proc/net/netstat)
	iperf3 -c 192.0.2.1 -t 300 -b 10M -i 0.1 > /tmp/stream.log 2>&1 &
	stream=$!
	must grep -q ' sec ' /tmp/stream.log
	vmhost capture start bridge tcp dst port 5201 || bail "no capture"
	rounds
	out=$(vmhost capture gap bridge)
	kill -INT $stream
	wait $stream
	event tcp tcp_gap="$(field longest_gap "$out")" \
	      timeouts="$(($(mib TcpExt TCPTimeouts < /proc/net/netstat) - before))"
}

setup
measure_packets
measure_tcp
report 0 "$BENCH_DRIVER: $ROUNDS unplugs twice"
finish
