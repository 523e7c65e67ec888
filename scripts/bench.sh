#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench.sh [SERIES]: guest instructions per packet of the bare VF, ours,
# net_failover and bonding, in one run, as a table. Fails if ours has become
# dearer than its bounds: TX BENCH_TX_PERCENT over the bare VF, RX
# BENCH_RX_INSTRUCTIONS above it.

. "$(dirname "$0")/lib.sh"

series=${1:-6.12}
readonly DRIVERS=(bare ours net_failover bonding)
tx_percent=${BENCH_TX_PERCENT:-4}
rx_instructions=${BENCH_RX_INSTRUCTIONS:-90}
out=$BUILD/bench

options_of()
{
	case $1 in
	ours) echo --module "$BUILD/$release/virtio_net.ko" ;;
	net_failover) ;;
	*) echo --no-failover --vf-boot e1000e ;;
	esac
}

measure()
{
	local driver=$1 options

	read -ra options < <(options_of "$driver"; echo)
	"$TOP/tools/testing/vmtest/vmtest.py" --kernel-dir "$kernel_dir" \
		--out "$out/$driver" --env "BENCH_DRIVER=$driver" \
		"${options[@]}" "$TOP/scripts/bench/guest.sh" \
		> "$out/$driver.log" 2>&1 < /dev/null ||
		die "$driver failed, see ${out#"$TOP"/}/$driver.log"
	sed -n 's/^.*# BENCH //p' "$out/$driver.log" >> "$out/raw"
}

# The median of the runs, against that of the bare VF
table()
{
	awk -v drivers="${DRIVERS[*]}" -v limit="$tx_percent" \
	    -v rx_limit="$rx_instructions" '
	function median(key,   i, j, n, v, t) {
		n = split(all[key], v, " ")
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
				t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
			}
		return v[int((n + 1) / 2)]
	}
	{ all[$1 " " $2 " " $3] = all[$1 " " $2 " " $3] " " $4 }
	END {
		n = split(drivers, d, " ")
		printf "%-14s", "guest instructions per packet"
		print ""
		printf "%-14s%22s%22s%22s%22s\n", "", "TX 60 bytes",
		       "TX 1500 bytes", "RX 60 bytes", "RX 1500 bytes"
		for (i = 1; i <= n; i++) {
			printf "%-14s", d[i]
			for (c = 1; c <= 4; c++) {
				what = c <= 2 ? "tx" : "rx"
				size = c % 2 ? 60 : 1500
				m = median(d[i] " " what " " size)
				b = median("bare " what " " size)
				printf "%8d %+5d (%+5.1f%%)", m, m - b,
				       100 * (m - b) / b
				if (d[i] != "ours")
					continue
				if (what == "tx" && m > b * (1 + limit / 100))
					bad = bad " TX" size
				if (what == "rx" && m > b + rx_limit)
					bad = bad " RX" size
			}
			print ""
		}
		if (bad) {
			print "ours is over its bound:" bad
			exit 1
		}
	}' "$out/raw"
}

kernel_dir=$("$TOP/scripts/fetch-kernel.sh" "$series")
release=$(cat "$kernel_dir/release")
"$TOP/scripts/build-modules.sh" --kernel-dir "$kernel_dir" "$release"
mkdir -p "$out"
: > "$out/raw"
for driver in "${DRIVERS[@]}"; do
	say "$release: $driver"
	measure "$driver"
done
echo "kernel $release, e1000e as VF, QEMU TCG with icount"
table | tee "$out/table.txt"
