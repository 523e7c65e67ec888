#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh [--debug] [--full] [TEST...]: build the module for each supported
# kernel and run the kselftests in guests of each; ends with one line of
# counts. --debug runs them on the debug kernel instead, with virtio_net as a
# module and built in (VARIANTS=m or y for one of the two). --full takes the long
# storms at their full count. TEST is the name of a test without ".sh".

. "$(dirname "$0")/lib.sh"

tests=$TOP/tools/testing/selftests/drivers/net/virtio_net_bypass
vmtest=$TOP/tools/testing/vmtest/vmtest.py
debug='' names=() files=()
passed=0 failed=0 skipped=0
variants=${VARIANTS:-m y}

while [ $# -gt 0 ]; do
	case $1 in
	--debug) debug=1 ;;
	--full) export BYPASS_FULL=1 ;;
	-*) die "unknown option $1" ;;
	*) names+=("$1") ;;
	esac
	shift
done

# The list that a kernel tree runs, too
all_tests()
{
	sed -n '/^TEST_PROGS/,/[^\\]$/p' "$tests/Makefile" |
		grep -oE '[a-z_]+\.sh' | sed 's/\.sh$//'
}

add_counts()
{
	[[ $1 =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]] ||
		return 1
	passed=$((passed + BASH_REMATCH[1]))
	failed=$((failed + BASH_REMATCH[2]))
	skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
}

# run LABEL COMMAND...: a part of the suite that closes with a counted line
run()
{
	local label=$1 log=$BUILD/check/$1.log status=0
	shift

	say "$label"
	mkdir -p "$BUILD/check"
	"$@" < /dev/null 2>&1 | tee "$log" || status=$?
	if ! add_counts "$(tail -n 1 "$log")"; then
		echo "# $label: no result (status $status)"
		failed=$((failed + 1))
	fi
}

needs_qemu10()
{
	grep -q '^# vmtest:.*qemu=10' "$1"
}

# guests LABEL KERNEL-DIR OPTION...: all tests, those that need QEMU 10 with it
guests()
{
	local label=$1 args=(--kernel-dir "$2") plain=() newer=() file
	shift 2

	args+=("$@")
	[ -z "${BYPASS_FULL:-}" ] || args+=(--env BYPASS_FULL=1)
	for file in "${files[@]}"; do
		if needs_qemu10 "$file"; then
			newer+=("$file")
		else
			plain+=("$file")
		fi
	done
	[ ${#plain[@]} -eq 0 ] ||
		run "$label" "$vmtest" "${args[@]}" \
			--out "$BUILD/check/$label" "${plain[@]}"
	[ ${#newer[@]} -eq 0 ] ||
		run "$label-qemu10" "$vmtest" "${args[@]}" \
			--out "$BUILD/check/$label-qemu10" \
			--qemu-dir "$("$TOP/scripts/fetch-qemu.sh")" \
			"${newer[@]}"
}

make -s -C "$tests" xdp.bpf.o || die "no BPF program: apt-get install gcc-bpf"
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(all_tests)
for name in "${names[@]}"; do
	file=$tests/${name%.sh}.sh
	[ -f "$file" ] || die "no test $name"
	files+=("$file")
done
start=$SECONDS

if [ -n "$debug" ]; then
	dir=$("$TOP/scripts/debug-kernel.sh" --variant both)
	for variant in $variants; do
		guests "debug-$variant" "$dir/$variant" --timeout 1500 \
		       --env BYPASS_WAIT=180 --env BYPASS_STREAM_SECONDS=60 \
		       --env BYPASS_SWITCHES=5 \
		       --env BYPASS_STORM_DELAY=4000000
	done
else
	run ground "$TOP/scripts/ground-test.sh"
	for series in $(supported_series); do
		kernel_dir=$("$TOP/scripts/fetch-kernel.sh" "$series")
		release=$(cat "$kernel_dir/release")
		"$TOP/scripts/build-modules.sh" --kernel-dir "$kernel_dir" \
						"$release"
		guests "$series" "$kernel_dir" \
		       --module "$BUILD/$release/virtio_net.ko"
	done
fi

say "took $(((SECONDS - start) / 60)) min $(((SECONDS - start) % 60)) s"
counts="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || counts+=", $skipped skipped"
echo "$counts"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
