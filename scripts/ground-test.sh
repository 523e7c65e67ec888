#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ground-test.sh: on bad ground the scripts say in one clear line what is
# missing and how to get it, and fail. KTAP, then a counted line.

. "$(dirname "$0")/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 bad=0

# refuses NAME PATTERN COMMAND...: fails, and its last line matches
refuses()
{
	local name=$1 pattern=$2 out status=0
	shift 2

	number=$((number + 1))
	out=$("$@" 2>&1 < /dev/null) || status=$?
	out=$(tail -n 1 <<< "$out")
	if [ $status -ne 0 ] && grep -qE -- "$pattern" <<< "$out"; then
		echo "ok $number $name"
	else
		echo "not ok $number $name"
		bad=$((bad + 1))
	fi
	echo "# status $status: $out"
}

# A PATH with everything but the tools named
without()
{
	local dir=$work/path-$number tool

	mkdir -p "$dir"
	for tool in /usr/bin/* /usr/sbin/* /bin/* /sbin/*; do
		ln -sf "$tool" "$dir/"
	done
	for tool in "$@"; do
		rm -f "$dir/$tool"
	done
	echo "$dir"
}

# From a place that nobody may read
as_nobody()
{
	local dir

	dir=$(mktemp -d /tmp/ground-test.XXXXXX)
	chmod 755 "$dir"
	mkdir -p "$dir/tools/testing"
	cp -r "$TOP/tools/testing/vmtest" "$dir/tools/testing/"
	cp -r "$TOP/tools/host-steps" "$dir/tools/"
	cp -r "$TOP/scripts" "$dir/"
	chmod -R a+rX "$dir"
	setpriv --reuid nobody --regid nogroup --clear-groups \
		/usr/bin/python3 -B "$dir/tools/testing/vmtest/vmtest.py" \
		--kernel-dir "$dir" --out "$dir/out" \
		"$dir/tools/testing/vmtest/samples/stock_net_failover.sh"
	local status=$?
	rm -rf "$dir"
	return $status
}

kernel_dir=$("$TOP/scripts/fetch-kernel.sh" 6.12)
release=$(cat "$kernel_dir/release")
prepare=$TOP/scripts/prepare-source.sh
vmtest=$TOP/tools/testing/vmtest/vmtest.py
sample=$TOP/tools/testing/vmtest/samples/stock_net_failover.sh

echo "KTAP version 1"
refuses "headers without source" \
	"no kernel source: apt-get install linux-source-6.12=" \
	env VIRTNET_BYPASS_SOURCE_DIR="$work" \
	"$prepare" 6.12 6.12.117-1~deb12u1 "$work/src"
refuses "wrong source version" \
	"linux-source-6.12 is .*, the headers are 6.12.1-1: apt-get install" \
	"$prepare" 6.12 6.12.1-1 "$work/src"
refuses "unsupported series" "series 5.10 is not supported, only 6.1 6.12" \
	"$prepare" 5.10 5.10.1-1 "$work/src"
refuses "no headers" "no headers of 6.12.0-nowhere: apt-get install" \
	"$TOP/scripts/build-modules.sh" 6.12.0-nowhere
refuses "no release" "'nonsense' is not a kernel release" \
	"$TOP/scripts/build-modules.sh" nonsense
refuses "no compiler" "gcc is missing: apt-get install gcc" \
	env PATH="$(without gcc)" "$TOP/scripts/build-modules.sh" "$release"
refuses "missing QEMU" "qemu" \
	"$vmtest" --kernel-dir "$kernel_dir" --qemu "$work/no-qemu" \
	--out "$work/out" "$sample"
refuses "no /dev/net/tun" "/dev/net/tun" \
	unshare --mount sh -c 'mount -t tmpfs none /dev/net && exec "$@"' \
	sh "$vmtest" --kernel-dir "$kernel_dir" --out "$work/out" "$sample"
refuses "not root" "^vmtest: .*root" as_nobody
refuses "no such kernel" "no-kernel" \
	"$vmtest" --kernel-dir "$work/no-kernel" --out "$work/out" "$sample"

# A call site that moved: the patch applies and a hook is missing
cp -r "$TOP/patches" "$TOP/scripts" "$TOP/Kbuild" "$TOP/VERSION" \
      "$TOP/drivers" "$TOP/include" "$work/"
sed -i 's/^virtnet_bypass_tx_stop 2/virtnet_bypass_tx_stop 3/' \
	"$work/patches/6.12/HOOKS"
version=$(source_version 6.12)
refuses "a hook that did not land" \
	"2 calls of virtnet_bypass_tx_stop landed in virtio_net.c, not 3" \
	"$work/scripts/prepare-source.sh" 6.12 "$version" "$work/src"
sed -i 's/^ 	napi_gro_receive/ 	napi_gro_receive_x/; s/^-	napi_gro_receive/-	napi_gro_receive_x/' \
	"$work"/patches/6.12/0001*.patch
refuses "a patch that does not apply" "0001.*does not apply to" \
	"$work/scripts/prepare-source.sh" 6.12 "$version" "$work/src"

echo "1..$number"
echo "$((number - bad)) passed, $bad failed"
[ "$bad" -eq 0 ]
