#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh [--debug] [--full] [TEST...]: build the module for each supported
# kernel and run the kselftests in guests of each, side by side; ends with one
# line of counts. --debug runs them on the debug kernel instead, with virtio_net
# as a module and built in (VARIANTS=m or y for one of the two). --full takes the
# long storms at their full count. TEST is the name of a test without ".sh".

. "$(dirname "$0")/lib.sh"

tests=$TOP/tools/testing/selftests/drivers/net/virtio_net_bypass
vmtest=$TOP/tools/testing/vmtest/vmtest.py
debug='' names=() files=() plain=() newer=() kernels=()
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
	local label=$1 status=0
	shift

	say "$label"
	"$@" < /dev/null 2>&1 | tee "$BUILD/check/$label.log" |
		sed -u "s/^/$label: /" || status=$?
	# 1 is a failure that was counted
	[ "$status" -le 1 ] || echo "# $label: ended with status $status"
}

# collect LABEL...: what parts of the suite came to
collect()
{
	local label

	for label in "$@"; do
		add_counts "$(tail -n 1 "$BUILD/check/$label.log")" && continue
		echo "# $label: no result"
		failed=$((failed + 1))
	done
}

# asks_for FILE KEY: in the header of a test
asks_for()
{
	grep -q "^# vmtest:.*$2" "$1"
}

# Tests that want the machine for themselves come last: another kernel's may run
# beside the others.
sort_tests()
{
	local file shared=() alone=()

	for file in "${files[@]}"; do
		if asks_for "$file" qemu=10; then
			newer+=("$file")
		elif grep -q '^# .*scripts/kernel-tests\.sh' "$file"; then
			# They give up too early for a debug kernel
			[ -n "$debug" ] || kernels+=("$file")
		elif asks_for "$file" alone=yes; then
			alone+=("$file")
		else
			shared+=("$file")
		fi
	done
	plain=("${shared[@]}" "${alone[@]}")
}

labels_of()
{
	[ ${#newer[@]} -eq 0 ] || echo "$1-qemu10"
	[ ${#kernels[@]} -eq 0 ] || echo "$1-kernel"
	[ ${#plain[@]} -eq 0 ] || echo "$1"
}

# guests LABEL KERNEL-DIR OPTION...: all tests, those that need QEMU 10 or the
# kernel's own tests with them
guests()
{
	local label=$1 dir=$2 args=(--kernel-dir "$2") series
	shift 2

	args+=("$@")
	[ -z "${BYPASS_FULL:-}" ] || args+=(--env BYPASS_FULL=1)
	[ ${#newer[@]} -eq 0 ] ||
		run "$label-qemu10" "$vmtest" "${args[@]}" \
			--out "$BUILD/check/$label-qemu10" \
			--qemu-dir "$("$TOP/scripts/fetch-qemu.sh")" \
			"${newer[@]}"
	[ -z "${BYPASS_FULL:-}" ] || args+=(--timeout 3600)
	if [ ${#kernels[@]} -gt 0 ]; then
		series=$(series_of "$(cat "$dir/release")")
		run "$label-kernel" "$vmtest" "${args[@]}" \
			--out "$BUILD/check/$label-kernel" \
			--add "$("$TOP/scripts/kernel-tests.sh" "$series")" \
			"${kernels[@]}"
	fi
	[ ${#plain[@]} -eq 0 ] ||
		run "$label" "$vmtest" "${args[@]}" \
			--out "$BUILD/check/$label" "${plain[@]}"
}

make -s -C "$tests" xdp.bpf.o xsk.bpf.o xsk ||
	die "no programs for the tests: see install-deps.sh check"
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(all_tests)
for name in "${names[@]}"; do
	file=$tests/${name%.sh}.sh
	[ -f "$file" ] || die "no test $name"
	files+=("$file")
done
sort_tests
mkdir -p "$BUILD/check"
rm -f "$BUILD/check/"*.log
start=$SECONDS

if [ -n "$debug" ]; then
	dir=$("$TOP/scripts/debug-kernel.sh" --variant both)
	for variant in $variants; do
		guests "debug-$variant" "$dir/$variant" --timeout 1500 \
		       --env BYPASS_WAIT=180 --env BYPASS_STREAM_SECONDS=60 \
		       --env BYPASS_SWITCHES=5 \
		       --env BYPASS_STORM_DELAY=4000000 \
		       --virtio-opts x-txtimer=500000000 \
		       --env BYPASS_TXTIMER=500000000 --env BYPASS_PING_GAP=0.6
		mapfile -t labels < <(labels_of "debug-$variant")
		collect "${labels[@]}"
	done
else
	labels=(ground)
	run ground "$TOP/scripts/ground-test.sh"
	lanes=()
	trap 'jobs -p | xargs -r kill' EXIT
	for series in $(supported_series); do
		kernel_dir=$("$TOP/scripts/fetch-kernel.sh" "$series")
		release=$(cat "$kernel_dir/release")
		"$TOP/scripts/build-modules.sh" --kernel-dir "$kernel_dir" \
						"$release"
		guests "$series" "$kernel_dir" \
		       --module "$BUILD/$release/virtio_net.ko" &
		lanes+=($!)
		mapfile -t -O ${#labels[@]} labels < <(labels_of "$series")
	done
	wait "${lanes[@]}"
	collect "${labels[@]}"
fi

say "took $(((SECONDS - start) / 60)) min $(((SECONDS - start) % 60)) s"
counts="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || counts+=", $skipped skipped"
echo "$counts"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
