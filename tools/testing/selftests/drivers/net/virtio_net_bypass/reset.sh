#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What resets one of the two devices while traffic runs: new ring sizes of
# either, a function reset of the VF, a VF's driver that is loaded or bound
# again. No queue stays stopped, and the network stays.
#
# vmtest: smp=2 timeout=300 skips='function reset # SKIP not supported'

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flood_lib.sh"

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

# sizes_of MODEL: two of the VF's tx ring. QEMU's virtio NIC has at most 256
sizes_of()
{
	case $1 in
	virtio-net-pci) echo 128 256 ;;
	*) echo 256 512 ;;
	esac
}

# can_reset MODEL: Linux 6.14 was the first to tell a virtio driver
can_reset()
{
	[ -w "/sys/class/net/$VF/device/reset" ] && [ "$1" != virtio-net-pci ]
}

# check_again MODEL WORD COMMAND...: the VF's driver starts again
check_again()
{
	local name="$1, $2 again" leaves
	shift 2

	leaves=$(count_of "$MASTER" bypass_vf_leave)
	check "$name" "$@"
	check_wait "$name: it joined" is_paired "$MASTER"
	check "$name: it had left" \
		[ "$(count_of "$MASTER" bypass_vf_leave)" -gt "$leaves" ]
	check_wait "$name: it is in use" on_vf "$MASTER"
	goes_on "$name" vf
}

# rings PATH WORDS: those of the virtio device, which are refused by a VF
rings()
{
	flood_begin
	if [ "$1" = vf ]; then
		check "$2: no new rings of virtio" \
			fails resize "$MASTER" tx 128 256
		goes_on "$2, rings refused" "$1"
		flood_end
		return
	fi
	check "$2: new tx rings of virtio" resize "$MASTER" tx 128 256
	goes_on "$2, tx" "$1"
	check "$2: new rx rings of virtio" resize "$MASTER" rx 128 256
	goes_on "$2, rx" "$1"
	flood_end
}

setup_master
rings standby "standby"

for model in e1000e vmxnet3 virtio-net-pci igbvf; do
	plug_vf $model
	rings vf "$model"

	flood_begin
	# shellcheck disable=SC2046 # two sizes
	check "$model: new rings of the VF" resize "$VF" tx $(sizes_of $model)
	check_wait "$model: it is in use again" on_vf "$MASTER"
	goes_on "$model, its rings" vf

	if can_reset $model; then
		check "$model: function reset" function_reset
		# A driver that is not told needs its watchdog to notice
		ethtool -r "$VF" > /dev/null 2>&1 ||
			ip link set dev "$VF" down
		ip link set dev "$VF" up
		check_wait "$model: it is in use after it" on_vf "$MASTER"
		goes_on "$model, function reset" vf
	else
		skip_result "$model: function reset" "not supported"
	fi

	if [ $model = virtio-net-pci ]; then
		# Its driver is the master's own, which stays loaded
		check_again $model "bound" rebind_vf
	elif is_builtin $model; then
		skip_result "$model: loaded again" "it is built in"
	else
		check_again $model "loaded" reload $model
	fi
	flood_end
	unplug_vf
	check "$model: traffic by standby after it" ping_by standby
done
rings standby "after the unplug"
finish
