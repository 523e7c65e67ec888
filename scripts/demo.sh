#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.sh [SERIES...]: ours beside net_failover, across a hot-unplug and a
# re-plug of the VF, and across live migrations, in guests of each kernel series
# (SERIES in the environment does the same). One more guest migrates with nothing
# but a virtio NIC: nobody can be better than that. Ends with tables and
# build/demo/report.html.

. "$(dirname "$0")/lib.sh"

demo=$BUILD/demo
vmtest=$TOP/tools/testing/vmtest/vmtest.py
# Of the VF that a guest migrates with; demo/migration.py has the same
models=(vmxnet3 e1000e)
if [ $# -gt 0 ]; then
	series=("$@")
elif [ -n "${SERIES:-}" ]; then
	read -ra series <<< "$SERIES"
else
	mapfile -t series < <(supported_series)
fi

need python3 python3
need gnuplot gnuplot-nox
need iperf3 iperf3
need qemu-system-x86_64 qemu-system-x86
[ "$(id -u)" -eq 0 ] || die "must run as root: network namespace and taps"
(: <> /dev/net/tun) 2> /dev/null || die "/dev/net/tun cannot be opened"
for s in "${series[@]}"; do
	[ -d "$TOP/patches/$s" ] ||
		die "no kernel series $s, only $(supported_series | paste -sd ' ')"
done

# What the guest says to people; the rest is in its log. ^C is the runner's
# business, the filter lives until that has cleaned up
show()
{
	trap '' INT
	sed -nu -e "s/^    # step: \\(tcp\\|udp\\)-to-\\([a-z]*\\):/$1  \\1 to \\2:/p" \
		-e "s/^    # step: /$1  /p" -e "s/^    not ok [0-9]* /$1  /p" \
		-e "s/^    # kernel: /$1  kernel: /p" -e "/^vmtest: /p"
}

# guest SERIES NAME TEST OPTION...
guest()
{
	local label status=0 out=$demo/$1-$2

	label=$(printf '%-5s%-6s' "$1" "${2%%-*}")
	echo "$label  guest boots ..."
	rm -rf "$out"
	"$vmtest" --out "$out" "${@:4}" "$TOP/scripts/demo/$3.sh" \
		< /dev/null 2>&1 | show "$label" || status=$?
	case $status in
	0) ;;
	129 | 130 | 143) exit "$status" ;;
	*) die "guest $1 $2 failed, see ${out#"$TOP"/}/$3" ;;
	esac
}

# guests SERIES DRIVER OPTION...: the same for ours and stock
guests()
{
	local model

	guest "$1" "$2" guest "${@:3}"
	for model in "${models[@]}"; do
		guest "$1" "$2-migrate-$model" migrate --env DEMO_VF="$model" \
		      "${@:3}"
	done
}

start=$SECONDS
mkdir -p "$demo"
rm -f "$demo/report.html"
for s in "${series[@]}"; do
	kernel_dir=$("$TOP/scripts/fetch-kernel.sh" "$s")
	release=$(cat "$kernel_dir/release")
	"$TOP/scripts/build-modules.sh" --kernel-dir "$kernel_dir" "$release"
	guests "$s" ours --kernel-dir "$kernel_dir" \
	       --module "$BUILD/$release/virtio_net.ko"
	guests "$s" stock --kernel-dir "$kernel_dir"
	guest "$s" plain-migrate-none migrate --env DEMO_VF=none --no-failover \
	      --kernel-dir "$kernel_dir"
done

echo
"$TOP/scripts/demo/report.py" "$demo" "$demo/report.html" "${series[@]}"
echo
echo "took $(((SECONDS - start) / 60)) min $(((SECONDS - start) % 60)) s"
echo "report: ${demo#"$TOP"/}/report.html"
