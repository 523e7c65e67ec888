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
tx_percent=${BENCH_TX_PERCENT:-4}
rx_instructions=${BENCH_RX_INSTRUCTIONS:-90}
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
	sed -n 's/^.*# BENCH //p' "$log" >> "$out/raw"
	sed -n 's/^.*# SWITCH //p' "$log" >> "$out/switches"
}

# What the planned switches came to
switch_table()
{
	awk '
	{
		for (i = 2; i <= NF; i++) {
			split($i, f, "=")
			v[$1, f[1]] = f[2]
		}
		if (!seen[$1]++)
			driver[++n] = $1
	}
	END {
		form = "%-14s%8s%8s%8s%10s%9s%12s%10s%9s%10s\n"
		printf form, "", "sent", "lost", "doubled", "reordered",
		       "gap ms", "pings lost", "gap ms", "TCP gap",
		       "timeouts"
		for (i = 1; i <= n; i++) {
			d = driver[i]
			printf form, d, v[d, "sent"], v[d, "lost"],
			       v[d, "doubled"], v[d, "reordered"],
			       v[d, "gap"], v[d, "pings_lost"],
			       v[d, "ping_gap"], v[d, "tcp_gap"],
			       v[d, "tcp_timeouts"]
		}
	}' "$out/switches"
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
: > "$out/switches"
for driver in "${DRIVERS[@]}"; do
	say "$release: $driver"
	measure guest "$driver" e1000e
	# Its link is up at once
	[ "$driver" = bare ] || measure switch "$driver" vmxnet3
done
echo "kernel $release, vmxnet3 as VF, 3 unplugs and re-plugs while numbered packets"
echo "go out and echoes are asked for every 10 ms, and 3 under a TCP stream"
switch_table | tee "$out/switches.txt"
echo "kernel $release, e1000e as VF, QEMU TCG with icount"
table | tee "$out/table.txt"
