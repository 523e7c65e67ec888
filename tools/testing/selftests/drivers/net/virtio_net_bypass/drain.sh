#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A planned switch loses nothing: while packets go in both directions without a
# pause, the VF is unplugged, set down and unbound. The VF is drained first, the
# network is told, and the host moves its filter before that, and back after the
# guest has spoken by the VF.
#
# vmtest: timeout=600

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/storm.sh"

readonly TRACE=/sys/kernel/tracing
# In a full run, long enough for a hundred unplugs
readonly SECONDS_EACH=${BYPASS_FULL:+500}
readonly STREAM=${SECONDS_EACH:-${BYPASS_STREAM_SECONDS:-20}}
# Packets per second that come in, of 200 bytes. An emulated NIC drops what its
# ring has no room for, when the guest has to wait for its CPU.
readonly INBOUND_FULL=${BYPASS_FULL:+2500}
readonly INBOUND=${INBOUND_FULL:-500}

drains()
{
	grep -c "virtnet_bypass_drain: dev=$MASTER .* left=0" $TRACE/trace
}

server_listens()
{
	# port 5201
	grep -q ':1451 ' /proc/net/tcp6
}

# inbound: the host sends for a time; a line with what came
inbound()
{
	vmhost iperf-client -u -l 200 -b $((INBOUND * 200 * 8)) -t "$STREAM" \
		> /tmp/client
}

inbound_goes_on()
{
	kill -0 "$server" 2> /dev/null
}

# down_and_up: the VF is set down by hand
down_and_up()
{
	vmhost path standby
	vf_set down
	vf_set up
	vmhost path vf
}

# unbind_and_bind: its driver lets it go
unbind_and_bind()
{
	local device driver

	vmhost path standby
	device=$(readlink -f "/sys/class/net/$VF/device")
	driver=$(readlink -f "$device/driver")
	echo "${device##*/}" > "$driver/unbind"
	wait_for vf_is_gone "$MASTER" || bail "the VF did not leave"
	echo "${device##*/}" > "$driver/bind"
	wait_for on_vf "$MASTER" || bail "the VF does not carry traffic"
	vmhost path vf
	VF=$(find_vf "$MASTER")
}

# unplug_and_plug MODEL: by the host
unplug_and_plug()
{
	vmhost step unplug timeout="$UNPLUG_WAIT" || bail "unplug failed"
	vmhost step plug "$1" timeout="$UNPLUG_WAIT" || bail "plug failed"
	wait_for on_vf "$MASTER" || bail "the VF does not carry traffic"
	VF=$(find_vf "$MASTER")
}

# stream MODEL RATE: both directions, with the VF coming and going
stream()
{
	local name="$1, $2/s" before base planned=0 unplugs=0 sent out in

	before=$(drains)
	base=$(sent_by vf)
	iperf3 -s -1 > /tmp/server.log 2>&1 &
	server=$!
	wait_for server_listens || bail "no server"
	vmhost sequence start
	numbered "$2"
	storm_begin
	inbound || bail "no client"
	check_wait "$name: a stream runs by the VF" stream_runs vf "$base"
	while inbound_goes_on; do
		unplug_and_plug "$1"
		down_and_up
		unbind_and_bind
		unplugs=$((unplugs + 1))
		planned=$((planned + 3))
	done
	storm_end
	sent=$(packets_of_storm)
	out=$(vmhost sequence stop)
	in=$(vmhost iperf-wait "$(cat /tmp/client)")
	note "$planned planned switches, $unplugs of them by unplug"
	note "out: sent=$sent $out"
	note "in: $in"
	check "$name: switches while it ran" [ $planned -ge 3 ]
	check "$name: drained before each of them" \
		[ $(($(drains) - before)) -eq $planned ]
	check "$name: packets went out" [ "$sent" -ge "$2" ]
	check "$name: nothing is lost on the way out" \
		[ "$(field received "$out")" -eq "$sent" ]
	check "$name: nothing is doubled on the way out" \
		[ "$(field doubled "$out")" -eq 0 ]
	check "$name: packets came in" [ "$(field packets "$in")" -ge "$INBOUND" ]
	check "$name: nothing is lost on the way in" \
		[ "$(field lost_packets "$in")" -eq 0 ]
	[ -z "${BYPASS_FULL:-}" ] ||
		check "$name: a hundred unplugs" [ $unplugs -ge 100 ]
}

setup_master
# No drop by a reader that has to share the CPU
sysctl -q -w net.core.rmem_default=$((64 << 20))
tc qdisc replace dev "$MASTER" root pfifo limit 100000
echo 1 > $TRACE/events/virtnet_bypass/enable
storm_setup 1

for model in vmxnet3 e1000e; do
	plug_vf $model
	stream $model 2500
	stream $model 10000
	unplug_vf
done
sed -n 's/.*virtnet_bypass_drain: /# drain: /p' $TRACE/trace | head -n 40
check "nothing was left in a VF" \
	[ "$(count_of "$MASTER" bypass_undrained)" -eq 0 ]

# The network is told, by the path that is in use from now on
announced()
{
	[ "$(vmhost capture stop "$1")" -ge 3 ]
}

vmhost capture start vf in "arp src host $GUEST and arp dst host $GUEST"
plug_vf vmxnet3
ping_by vf
check "announced by the VF, three times" announced vf
vmhost capture start standby in "arp src host $GUEST and arp dst host $GUEST"
unplug_vf
ping_by standby
check "announced by standby, three times" announced standby
finish
