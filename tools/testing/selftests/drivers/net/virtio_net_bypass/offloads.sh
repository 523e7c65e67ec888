#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a VF's hardware can do with a packet and virtio_net cannot, the master
# offers while it has that VF: segmentation of tunnels (whole, and partial GSO,
# where all but the inner headers is complete), checksums of SCTP, service tags.
# It is done in software by standby, and when the VF goes with a packet half sent.
# And a burst, of which a driver tells its hardware at its end, ends by the VF.
# No device of an emulator does these: see test_modules/hardware.c.
#
# vmtest: timeout=400 smp=2

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bulk_lib.sh"
. "$(dirname "$0")/flood_lib.sh"
. "$(dirname "$0")/vflayer_lib.sh"

readonly TUNNELS="ipip gre grecsum gretap sit vxlan geneve"
readonly SCTP_PORT=7003
# Bytes; less than any netdev takes at once by itself
readonly TSO_SIZE=20000

# hardware_does WHAT N: that many packets since MARK, at least
hardware_does()
{
	[ $(($(parameter "work_$1") - MARK)) -ge "$2" ]
}

# mark WHAT
mark()
{
	MARK=$(parameter "work_$1")
	MISFITS=$(parameter misfits)
}

# by_hardware WORK WHAT COMMAND...: it works, and the hardware has done its part
by_hardware()
{
	local work=$1 what=$2
	shift 2

	mark "$work"
	check "$what: it arrives" "$@"
	note "$what: $(($(parameter "work_$work") - MARK)) packets by hardware"
	check "$what: the hardware did it" hardware_does "$work" 5
	check "$what: nothing that it cannot do" parameter_is misfits "$MISFITS"
	check "$what: no frame was lost" parameter_is work_lost 0
}

# by_software WHAT COMMAND...: by standby, while the VF's features are offered
by_software()
{
	local what=$1 sent
	shift

	mark "done"
	sent=$(sent_by standby)
	check "$what, VF down: it arrives" "$@"
	check "$what, VF down: by standby" [ $(($(sent_by standby) - sent)) -gt 5 ]
	check "$what, VF down: the hardware had no part in it" \
		fails hardware_does "done" 1
}

# down_and_up WHAT COMMAND...
down_and_up()
{
	vmhost path standby
	vf_set down
	by_software "$@"
	vf_set up
}

# check_tunnels HOW
check_tunnels()
{
	local kind

	layer_on e1000e tunnels="$1"
	plug_vf e1000e
	for kind in $TUNNELS; do
		by_hardware cut "$kind, $1" bulk "$kind"
	done
	vmhost path standby
	vf_set down
	for kind in $TUNNELS; do
		by_software "$kind, $1" bulk "$kind"
	done
	vf_set up
}

# Until there is a file "enough"
keep_on()
{
	until [ -e enough ]; do
		bulk vxlan || return 1
	done
}

# A driver's own look at its link may give the carrier back at once
loses_carrier()
{
	vf_does carrier-off
	on_standby "$MASTER"
}

# It stops, and goes while somebody waits for it
goes_full()
{
	vf_does stop
	wait_for fails backlog_is_empty || return
	wait_for loses_carrier || return
	vf_does wake
}

comes_full()
{
	vf_does carrier-on
}

goes_in_burst()
{
	vf_does break
	wait_for fails is_up "$VF"
}

comes_in_burst()
{
	ip link set dev "$VF" up
}

# goes_and_comes NAME HOW: under a stream. While that has a pause, something else
# waits: a VF that is stopped for nobody is reset by its own watchdog in the end.
goes_and_comes()
{
	local i stream

	vmhost path auto
	keep_on &
	stream=$!
	flood_begin -i 0.2
	for ((i = 0; i < 6; i++)); do
		"goes_$2" || bail "$1: the VF does not go"
		"comes_$2"
		wait_for on_vf "$MASTER" || bail "$1: the VF is not in use"
	done
	touch enough
	wait "$stream"
	report $? "$1, the VF goes and comes: all arrives"
	rm enough
	flood_end
}

# half_sent HOW: the VF goes with packets that were cut for it and have not left
half_sent()
{
	next_vf pause 1
	goes_and_comes "$1" full
	next_vf pause 0
	check "$1, the VF goes and comes: no frame was lost" \
		parameter_is work_lost 0
	vmhost path vf
}

# What a user has switched off is off by the next VF as well
switched_off()
{
	ethtool -K "$MASTER" tx-udp_tnl-segmentation off
	unplug_vf
	check "no VF: no segmentation of tunnels" \
		feature_is "$MASTER" tx-gre-segmentation off
	plug_vf e1000e
	check "the next VF: the master segments tunnels" \
		feature_is "$MASTER" tx-gre-segmentation on
	check "the next VF: what was switched off is off" \
		feature_is "$MASTER" tx-udp_tnl-segmentation off
	ethtool -K "$MASTER" tx-udp_tnl-segmentation on
	by_hardware cut "switched on again" bulk vxlan
}

sctp_arrives()
{
	ip netns exec peer socat -u "SCTP4-LISTEN:$SCTP_PORT,reuseaddr" - > got &
	wait_for listens_sctp
	# Not closed while there is something to acknowledge
	{
		head -c "$BYTES" /dev/zero
		wait_for has_got
	} | socat -u - "SCTP4:$PEER:$SCTP_PORT"
	wait $!
	note "$(wc -c < got) of $BYTES bytes by SCTP"
	has_got
}

has_got()
{
	[ "$(wc -c < got)" -eq "$BYTES" ]
}

listens_sctp()
{
	ip netns exec peer grep -q " $SCTP_PORT " /proc/net/sctp/eps
}

# value_of DEV NAME: of "ip -d link"
value_of()
{
	ip -d -o link show dev "$1" | sed "s/.* $2 \([0-9]*\).*/\1/"
}

check_limits()
{
	local own

	own="$(value_of "$MASTER" tso_max_size) $(value_of "$MASTER" gso_max_size)"
	layer_on e1000e tso_max_size=$TSO_SIZE
	plug_vf e1000e
	check "a VF's limit: it is the master's" \
		[ "$(value_of "$MASTER" tso_max_size)" = $TSO_SIZE ]
	check "a VF's limit: so far for its packets as well" \
		[ "$(value_of "$MASTER" gso_max_size)" = $TSO_SIZE ]
	MISFITS=$(parameter misfits)
	check "a VF's limit: bulk" bulk plain
	check "a VF's limit: no packet is larger" parameter_is misfits "$MISFITS"
	unplug_vf
	check "no VF: virtio's own limit" [ "$(value_of "$MASTER" tso_max_size) \
$(value_of "$MASTER" gso_max_size)" = "$own" ]
	layer_off
}

setup_master
needs_layer
modprobe sctp || bail "no SCTP"
setup_bulk_peer
serve
for kind in $TUNNELS stag; do
	make_pair "$kind"
done
check_tunnels full
half_sent full
switched_off
unplug_vf
layer_off
check_tunnels partial
half_sent partial
unplug_vf
layer_off

# Each packet is cut by the master, and stops after each frame
layer_on e1000e
plug_vf e1000e
ethtool -K "$VF" tso off
half_sent "no segmentation"
# By the core, before the master gets it
ethtool -K "$MASTER" tso off
goes_and_comes "in a burst" in_burst
check "in a burst, the VF goes and comes: it ends by the VF" \
	parameter_is unrung 0
ethtool -K "$MASTER" tso on
vmhost path vf
unplug_vf
layer_off

layer_on e1000e stag=1 sctp=1
plug_vf e1000e
by_hardware "done" "service tags" bulk stag
down_and_up "service tags" bulk stag
by_hardware "done" "SCTP" sctp_arrives
down_and_up "SCTP" sctp_arrives
unplug_vf
layer_off
check "no VF: no service tags are inserted" \
	feature_is "$MASTER" tx-vlan-stag-hw-insert off
check "no VF: service tags" bulk stag
check_limits
finish
