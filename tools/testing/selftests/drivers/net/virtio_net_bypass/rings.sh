#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Standby on each kind of virtqueue and receive buffer that virtio_net knows,
# with a ring that is full when the path changes. The virtio NIC is unplugged
# and plugged with other features for it; it takes packets out of its ring by a
# timer of 50 ms.
#
# vmtest: smp=2 queue-pairs=2 timeout=700

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/storm_lib.sh"

readonly TIMER=tx=timer,x-txtimer=$TXTIMER

# TCP in each direction, so that large packets come and go. A megabyte: the device
# gives packets back by a timer, and without TSO a stream waits for that. Each
# stream has a server of its own: one that ends a test may reset the next one.
streams()
{
	local base

	base=$(sent_by "$1")
	iperf -n 1M > /dev/null &&
		iperf -p 5202 -n 1M -R > /dev/null &&
		[ "$(sent_by "$1")" -gt $((base + 16)) ]
}

check_path()
{
	check "$1, $3: traffic" ping_by "$2"
	check "$1, $3: streams" streams "$2"
}

# full_at NAME COMMAND...: a path is full when it is left
full_at()
{
	local name=$1 before
	shift

	before=$(stops)
	check_wait "$name: the ring is full" more_stops_than "$before"
	"$@"
}

# The ring is full when the VF takes over, and is still when it is back
check_full()
{
	smallest_ring
	vf_set down
	vmhost path standby
	storm_setup
	throttle "$DELAY"
	storm_begin
	full_at "$1, standby is left" vf_set up
	full_at "$1, the VF is left" vf_set down
	storm_end
	check_wait "$1, full at a switch: the backlog drains" backlog_is_empty
	check "$1, full at a switch: traffic by standby" ping_by standby
	vf_set up
	vmhost path vf
	check "$1, full at a switch: traffic by the VF" ping_by vf
	rmmod pktgen
}

# check_rings NAME FEATURE-BIT ITS-VALUE OPTIONS
check_rings()
{
	vmhost standby opts "$TIMER,$4" || bail "$1: no virtio NIC"
	take_master
	check "$1: bit $2 is $3" [ "$(feature_bit "$MASTER" "$2")" = "$3" ]
	wait_for reach_host || bail "$1: the host does not answer"
	check_path "$1" standby "standby"
	plug_vf vmxnet3
	check_path "$1" vf "VF"
	check_full "$1"
	unplug_vf
	check "$1, after the unplug: traffic" ping_by standby
}

setup_master
vmhost iperf-server start
# The bits: virtio 1.2, sections 5.1.3 and 6
check_rings "packed virtqueues" 34 1 packed=on
check_rings "no event index" 29 0 event_idx=off
check_rings "no mergeable buffers" 15 0 mrg_rxbuf=off
check_rings "packed, small buffers" 7 0 \
	packed=on,mrg_rxbuf=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off
finish
