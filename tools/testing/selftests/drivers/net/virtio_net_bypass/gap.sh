#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For how long the guest sends nothing at a planned switch, by its own clock:
# with -icount one instruction takes a nanosecond, whatever the machine does.
#
# vmtest: icount=on timeout=400

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/storm_lib.sh"
. "$(dirname "$0")/switches_lib.sh"

# Microseconds. Without BQL a VF gets a grace of 3.5 ms (drain.c); with it, it is
# left as soon as it is empty.
readonly ALLOWED=5000
readonly ROUNDS=${BYPASS_FULL:+20}

gap_is_short()
{
	note "$2"
	[ "$(field path "$2")" = "$1" ] && [ "$(field gap "$2")" -le "$ALLOWED" ]
}

setup_master
storm_setup 1

# QEMU 7.2 leaves a tap with headers that rtl8139 does not know
for model in rtl8139 vmxnet3; do
	for ((round = 1; round <= ${ROUNDS:-2}; round++)); do
		plug_vf $model
		base=$(sent_by vf)
		numbered_begin 2500
		check_wait "$model: packets go out by the VF" stream_runs vf "$base"
		trace_switches "$MASTER"
		unplug_vf
		base=$(sent_by standby)
		check_wait "$model: packets go out by standby" \
			stream_runs standby "$base"
		numbered_end "$model, round $round"
		check "$model, round $round: no longer gap than allowed" \
			gap_is_short standby "$(switch_report)"
	done
done
finish
