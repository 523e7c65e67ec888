#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A planned switch loses nothing: while packets go in both directions without a
# pause, the VF is unplugged, set down and unbound. The VF is drained first, and
# the host moves its filter before that, and back after the guest has spoken by
# the VF.
#
# vmtest: timeout=600 alone=yes skips='the guest stood still'

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/storm_lib.sh"

readonly TRACE=/sys/kernel/tracing
# Seconds of a stream that comes in, and unplugs while such streams come
readonly STREAM=${BYPASS_STREAM_SECONDS:-20}
declare -A FULL=([vmxnet3]=100 [e1000e]=20)
# Packets per second that come in, of 200 bytes: in a long run QEMU now and then
# stops the guest for a tenth of a second, and a VF's ring of 256 has to hold what
# comes meanwhile
readonly INBOUND_FULL=${BYPASS_FULL:+1000}
readonly INBOUND=${INBOUND_FULL:-500}

# drains vf|standby: before a switch away from there; a slow host may leave
# something on standby
drains()
{
	if [ "$1" = standby ]; then
		grep -c "virtnet_bypass_drain: dev=$MASTER path=standby " \
			$TRACE/trace
	else
		grep "virtnet_bypass_drain: dev=$MASTER .* left=0" \
			$TRACE/trace | grep -vc path=standby
	fi
}

server_listens()
{
	# port 5201
	grep -q ':1451 ' /proc/net/tcp6
}

# inbound: the host sends for a time
inbound()
{
	iperf3 -s -1 > /tmp/server.log 2>&1 &
	server=$!
	wait_for server_listens || bail "no server"
	# What was before does not matter
	vmhost sequence pause > /dev/null || bail "no receiver"
	vmhost iperf-client -u -l 200 -b $((INBOUND * 200 * 8)) -t "$STREAM" \
		> /tmp/client || bail "no client"
}

# came_in NAME: what it sent has come. A guest that sent nothing for a time took
# nothing in, either, and an emulated NIC has room for 256 packets.
came_in()
{
	local in missing pause

	in=$(vmhost iperf-wait "$(cat /tmp/client)")
	pause=$(field longest_gap "$(vmhost sequence pause)")
	note "$1: in: $in, the guest stood still for $pause ms"
	[ "$(field packets "$in")" -ge "$INBOUND" ] ||
		bail "$1: nothing comes in"
	missing=$(field lost_packets "$in")
	if [ "$missing" -eq 0 ] || [ $((pause * INBOUND)) -le 256000 ]; then
		judged=$((judged + 1))
		lost=$((lost + missing))
	fi
}

inbound_goes_on()
{
	kill -0 "$server" 2> /dev/null
}

# Nothing has come in by the VF since this was asked the last time
vf_is_quiet()
{
	local last=$SEEN

	SEEN=$(count_of "$MASTER" vf_rx_packets)
	[ "$SEEN" = "$last" ]
}

# filter_away: the host delivers to standby, and what it has delivered to the VF
# has come: a busy machine may take a while for that
filter_away()
{
	vmhost path standby
	SEEN=
	wait_for vf_is_quiet || bail "packets still come by the VF"
}

# down_and_up: the VF is set down by hand
down_and_up()
{
	filter_away
	vf_set down
	vf_set up
	vmhost path vf
}

# unbind_and_bind: its driver lets it go
unbind_and_bind()
{
	filter_away
	rebind_vf
	wait_for on_vf "$MASTER" || bail "the VF does not carry traffic"
	vmhost path vf
	VF=$(find_vf "$MASTER")
}

# unplug_and_plug MODEL: by the host
unplug_and_plug()
{
	filter_away
	vmhost step unplug timeout="$UNPLUG_WAIT" || bail "unplug failed"
	vmhost step plug "$1" timeout="$UNPLUG_WAIT" || bail "plug failed"
	wait_for on_vf "$MASTER" || bail "the VF does not carry traffic"
	VF=$(find_vf "$MASTER")
}

# enough MODEL UNPLUGS: one will do, but in a full run
enough()
{
	local wanted=1

	[ -z "${BYPASS_FULL:-}" ] || wanted=${FULL[$1]}
	[ "$2" -ge "$wanted" ]
}

# stream MODEL RATE: both directions, with the VF coming and going
stream()
{
	local name="$1, $2/s" before base planned=0 unplugs=0 standby
	local streams=0 judged=0 lost=0

	before=$(drains vf)
	standby=$(drains standby)
	base=$(sent_by vf)
	numbered_begin "$2"
	check_wait "$name: a stream runs by the VF" stream_runs vf "$base"
	until enough "$1" $unplugs; do
		inbound
		while inbound_goes_on; do
			unplug_and_plug "$1"
			down_and_up
			unbind_and_bind
			unplugs=$((unplugs + 1))
			planned=$((planned + 3))
		done
		came_in "$name"
		streams=$((streams + 1))
	done
	numbered_end "$name"
	note "$name: $planned planned switches, $unplugs of them by unplug"
	check "$name: drained before each of them" \
		[ $(($(drains vf) - before)) -eq $planned ]
	check "$name: and standby before the VF is used again" \
		[ $(($(drains standby) - standby)) -ge $planned ]
	note "$name: $judged of $streams streams came in by a guest that ran"
	if [ $lost -eq 0 ] && [ $((2 * judged)) -le $streams ]; then
		skip_result "$name: nothing is lost on the way in" \
			"the guest stood still in most streams"
	else
		check "$name: nothing is lost on the way in" [ $lost -eq 0 ]
	fi
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
# Those that matter first
for left in 1 0; do
	sed -n "s/.*virtnet_bypass_drain: \(.* left=$left\)/# drain: \1/p" \
		$TRACE/trace
done | head -n 40
check "nothing was left in a VF" \
	[ "$(count_of "$MASTER" bypass_undrained)" -eq 0 ]
finish
