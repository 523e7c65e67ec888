#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What resets one of the two devices while traffic runs: new ring sizes of
# either, a function reset of the VF, a VF's driver that is loaded again. No
# queue stays stopped, and the network stays.
#
# vmtest: smp=2 timeout=300

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flood.sh"

readonly ROUNDS=5

# goes_on WORDS PATH: the flood, which was there before, and then all else
goes_on()
{
	check_flood "$1: the flood goes on by $2" "$2"
	check "$1: traffic by $2" ping_by "$2"
}

# resize DEVICE WHAT SIZE...: rings of each size in turn
resize()
{
	local dev=$1 what=$2 size n
	shift 2

	for ((n = 0; n < ROUNDS; n++)); do
		for size in "$@"; do
			ethtool -G "$dev" "$what" "$size" || return 1
		done
	done
	[ "$(ring "$dev" "$what")" -eq "$size" ]
}

function_reset()
{
	echo 1 > "/sys/class/net/$VF/device/reset"
}

reload()
{
	modprobe -r "$1" && modprobe "$1"
}

# rings PATH WORDS: those of the virtio device
rings()
{
	flood_begin
	check "$2: new tx rings of virtio" resize "$MASTER" tx 128 256
	goes_on "$2, tx" "$1"
	check "$2: new rx rings of virtio" resize "$MASTER" rx 128 256
	goes_on "$2, rx" "$1"
	flood_end
}

setup_master
rings standby "standby"

for driver in e1000e vmxnet3; do
	plug_vf $driver
	rings vf "$driver"

	flood_begin
	check "$driver: new rings of the VF" resize "$VF" tx 256 512
	check_wait "$driver: it is in use again" on_vf "$MASTER"
	goes_on "$driver, its rings" vf

	if [ -w "/sys/class/net/$VF/device/reset" ]; then
		check "$driver: function reset" function_reset
		# A driver that is not told needs its watchdog to notice
		ethtool -r "$VF" > /dev/null 2>&1 ||
			ip link set dev "$VF" down
		ip link set dev "$VF" up
		check_wait "$driver: it is in use after it" on_vf "$MASTER"
		goes_on "$driver, function reset" vf
	else
		skip_result "$driver: function reset" "not supported"
	fi

	if is_builtin $driver; then
		skip_result "$driver: loaded again" "it is built in"
	else
		n=$(count_of "$MASTER" bypass_vf_leave)
		check "$driver: loaded again" reload $driver
		check_wait "$driver: it joined" is_paired "$MASTER"
		check "$driver: it had left" \
			[ "$(count_of "$MASTER" bypass_vf_leave)" -gt "$n" ]
		check_wait "$driver: it is in use" on_vf "$MASTER"
		goes_on "$driver, loaded again" vf
	fi
	flood_end
	unplug_vf
	check "$driver: traffic by standby after it" ping_by standby
done
rings standby "after the unplug"
finish
