#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# boots.sh [COUNT [SEED [SERIES...]]]: boot Debian 12 (6.1) and 13 (6.12) COUNT times
# each (100) with our driver and package, and COUNT times with what Debian has,
# net_failover. The VF is plugged at seeded moments between firmware and login; in a
# third of the boots QEMU hides it until the driver is there. Prints a table of what
# came of names, addresses, routes and time. Guests of both drivers run side by side,
# so that the times can be compared, on one CPU each: those of more would wait for
# each other on a machine that has not as many. What was counted stays in build/boots
# until driver, package or kernel change, and a run that was broken off goes on where
# it was.

. "$(dirname "$0")/lib.sh"

# Boots in one guest; one that fails takes no more with it
readonly LOT=25
readonly TESTS=$TOP/packaging/tests
declare -rA NAMES=([6.1]=debian-12 [6.12]=debian-13)

# count_lot SERIES DIR IMAGE SEED BOOTS: in a guest
count_lot()
{
	local series=$1 dir=$2 image=$3 seed=$4 boots=$5 log=$2/$4.log

	[ ! -e "$log" ] || return 0
	# A check that fails is counted, too
	"$TOP/tools/testing/vmtest/vmtest.py" \
		--kernel-dir "$("$TOP/scripts/fetch-kernel.sh" "$series")" \
		--qemu-dir "$("$TOP/scripts/fetch-qemu.sh" 11)" \
		--image "$image" --timeout 7200 --smp 1 --out "$dir/$seed" \
		--env BYPASS_BOOTS="$boots" --env BYPASS_SEED="$seed" \
		"$TESTS/${NAMES[$series]}-boots.sh" \
		> "$log.new" 2>&1 < /dev/null || [ $? -eq 1 ] ||
		die "no guest, see $log.new"
	mv "$log.new" "$log"
	say "${dir##*/}: $(tail -n 1 "$log")"
}

if [ "${1:-}" = --lot ]; then
	shift
	count_lot "$@"
	exit
fi
count=${1:-100} seed=${2:-1}
[[ $count$seed =~ ^[0-9]+$ ]] || die "usage: boots.sh [COUNT [SEED [SERIES...]]]"
wanted=("${@:3}")
[ ${#wanted[@]} -gt 0 ] || mapfile -t wanted < <(supported_series | tac)
for series in "${wanted[@]}"; do
	[ -n "${NAMES[$series]:-}" ] || die "no release with '$series'"
done

"$TOP/scripts/build-deb.sh"
declare -A images=()
for series in "${wanted[@]}"; do
	kernel_dir=$("$TOP/scripts/fetch-kernel.sh" "$series")
	release=$(cat "$kernel_dir/release")
	"$TOP/scripts/build-modules.sh" --kernel-dir "$kernel_dir" "$release"
	images[$series-ours]=$("$TOP/scripts/debian-image.sh" \
		--module "$BUILD/$release/virtio_net.ko" \
		--package "$(compgen -G "$BUILD/deb/virtio-net-bypass_*.deb")" \
		"${NAMES[$series]}" "$kernel_dir")
	images[$series-net_failover]=$("$TOP/scripts/debian-image.sh" \
		"${NAMES[$series]}" "$kernel_dir")
done

"$TOP/scripts/fetch-qemu.sh" 11 > /dev/null
declare -A dirs=()
for kind in "${!images[@]}"; do
	dirs[$kind]=$BUILD/boots/$kind-${images[$kind]##*-}
	mkdir -p "${dirs[$kind]}"
done

# lots DRIVER JOBS: one release after the other
lots()
{
	local series kind first

	for series in "${wanted[@]}"; do
		kind=$series-$1
		for ((first = 0; first < count; first += LOT)); do
			echo "$series ${dirs[$kind]} ${images[$kind]}" \
			     $((seed + first)) \
			     $((count - first < LOT ? count - first : LOT))
		done
	done | xargs -P "$2" -L 1 "$0" --lot
}

# Guests with net_failover wait most of the time, for an address on each netdev. One
# more of any kind than there are CPUs: each boot would cost twice as much.
lots net_failover "$(nproc)" &
lots ours "$((($(nproc) + 1) / 2))"
wait $!
"$TOP/scripts/boots/report.py" "${dirs[@]}"
