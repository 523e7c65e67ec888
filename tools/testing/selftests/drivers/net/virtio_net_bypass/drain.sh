#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A planned switch loses nothing: while the guest sends without a pause, the VF
# is unplugged, set down and unbound. The VF is drained first, and the network
# is told.
#
# vmtest: alone=yes timeout=500

. "$(dirname "$0")/lib.sh"

readonly TRACE=/sys/kernel/tracing
readonly SECONDS_EACH=${BYPASS_FULL:+600}
readonly STREAM=${SECONDS_EACH:-${BYPASS_STREAM_SECONDS:-25}}

# 2 500 packets per second
stream_begin()
{
	iperf3 -u -c "$HOST" -t "$STREAM" -l 200 -b 4M --json \
		> /tmp/stream.json &
	stream=$!
}

stream_goes_on()
{
	kill -0 $stream 2> /dev/null
}

# Packets that the guest says it has sent. iperf3 begins with one more.
stream_end()
{
	wait $stream || return 1
	tr -d ' \t' < /tmp/stream.json |
		awk -F '[:,]' '/^"packets"/ { n = $2 } END { print n + 1 }'
}

drains()
{
	grep -c "virtnet_bypass_drain: dev=$MASTER .* left=0" $TRACE/trace
}

switched()
{
	[ "$(count_of "$MASTER" "bypass_switch_to_$1")" -gt "$2" ]
}

setup_master
echo 1 > $TRACE/events/virtnet_bypass/enable
vmhost iperf-server start

for model in vmxnet3 e1000e; do
	plug_vf $model
	before=$(drains)
	base=$(sent_by vf)
	arrived=$(vmhost run udp-arrived)
	stream_begin
	check_wait "$model: a stream runs by the VF" stream_runs vf "$base"

	planned=0
	while stream_goes_on; do
		n=$(count_of "$MASTER" bypass_switch_to_standby)
		ip link set dev "$VF" down
		wait_for switched standby "$n"
		n=$(count_of "$MASTER" bypass_switch_to_vf)
		ip link set dev "$VF" up
		wait_for switched vf "$n"
		unplug_vf
		plug_vf $model
		planned=$((planned + 2))
	done
	note "$planned planned switches"
	check "$model: switches while it ran" [ $planned -ge 2 ]
	check "$model: drained before each of them" \
		[ $(($(drains) - before)) -eq $planned ]
	sent=$(stream_end)
	arrived=$(($(vmhost run udp-arrived) - arrived))
	note "$sent sent, $arrived arrived"
	check "$model: the stream ran" [ "$sent" -gt 1000 ]
	check "$model: nothing is lost or doubled on the way out" \
		[ "$arrived" -eq "$sent" ]
	unplug_vf
done
sed -n 's/.*virtnet_bypass_drain: /# drain: /p' $TRACE/trace
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
