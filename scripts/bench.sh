#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench.sh [SERIES]: guest instructions per packet of the bare VF, ours,
# net_failover and bonding, in one run, as a table. Fails if ours has become
# dearer than its bounds: TX BENCH_TX_PERCENT over the bare VF, RX
# BENCH_RX_INSTRUCTIONS above it. A second table has what planned unplugs and
# re-plugs of the VF cost each of them.

. "$(dirname "$0")/lib.sh"

series=${1:-6.12}
readonly DRIVERS=(bare ours net_failover bonding)
out=$BUILD/bench

# options_of DRIVER MODEL
options_of()
{
	case $1 in
	ours) echo --module "$BUILD/$release/virtio_net.ko" ;;
	net_failover) ;;
	*) echo --no-failover --vf-boot "$2" ;;
	esac
}

# measure SCRIPT DRIVER MODEL
measure()
{
	local script=$1 driver=$2 options log=$out/$1-$2.log

	read -ra options < <(options_of "$driver" "$3"; echo)
	"$TOP/tools/testing/vmtest/vmtest.py" --kernel-dir "$kernel_dir" \
		--out "$out/$script-$driver" --env "BENCH_DRIVER=$driver" \
		--env "BENCH_MODEL=$3" \
		"${options[@]}" "$TOP/scripts/bench/$script.sh" \
		> "$log" 2>&1 < /dev/null ||
		die "$driver failed, see ${log#"$TOP"/}"
}

kernel_dir=$("$TOP/scripts/fetch-kernel.sh" "$series")
release=$(cat "$kernel_dir/release")
"$TOP/scripts/build-modules.sh" --kernel-dir "$kernel_dir" "$release"
mkdir -p "$out"
for driver in "${DRIVERS[@]}"; do
	say "$release: $driver"
	measure guest "$driver" e1000e
	# Its link is up at once
	[ "$driver" = bare ] || measure switch "$driver" vmxnet3
done
"$TOP/scripts/bench/report.py" "$release" "$out" "${DRIVERS[@]}"
