#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh [--debug] [--full] [TEST...]: build the module for each supported
# kernel and run the kselftests in guests of each, side by side; ends with one
# line of counts. --debug runs them on the debug kernel instead: all of them with
# virtio_net as a module, and built in those for which that matters; those asked
# for by TEST, or with VARIANTS="m y" all, in both. --full takes the long storms
# at their full count. TEST is the name of a test without ".sh".

. "$(dirname "$0")/lib.sh"

tests=$TOP/tools/testing/selftests/drivers/net/virtio_net_bypass
vmtest=$TOP/tools/testing/vmtest/vmtest.py
logs=$BUILD/check
debug='' names=() passed=0 failed=0 skipped=0 failures=() quotes=()
variants=${VARIANTS:-m y}
# What happens at boot, when drivers and devices come and go, and asleep. What is
# set and sent takes hours, and runs the same code.
readonly BUILT_IN=(pair order failover nomac stock models igbvf carrier follow
	decoy lifecycle netns surprise hung saturate reboot kexec migboot power
	hibernate)
export logs

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

# collect LOG...: what they came to
collect()
{
	local log lines

	for log in "$@"; do
		mapfile -t lines < \
			<(sed -n "s,^# failed: ,&$(label_of "$log"): ,p" "$log")
		if ! add_counts "$(tail -n 1 "$log")"; then
			lines+=("# failed: $(label_of "$log"): no result")
			failed=$((failed + 1))
		fi
		[ ${#lines[@]} -gt 0 ] || continue
		failures+=("${lines[@]}")
		mapfile -t -O ${#quotes[@]} quotes < <(quote_failures "$log")
	done
}

# quote_failures LOG: the first that failed with what came after it, or the end of
# a log without one
quote_failures()
{
	echo "# $(label_of "$1"):"
	{
		grep -m 3 -A 12 '^  *not ok' "$1" || tail -n 12 "$1"
	} | sed 's/^/#   /'
}

# logs/LABEL/NAME.log
label_of()
{
	local path=${1#"$logs"/}

	echo "${path%.log}"
}

# asks_for FILE KEY: the number behind it in the header of a test
asks_for()
{
	sed -n "s/^# vmtest:.*\\<$2=\\([0-9]*\\).*/\\1/p" "$1"
}

# timeout_of FILE: in seconds, that of the runner if it names none
timeout_of()
{
	local seconds

	seconds=$(asks_for "$1" timeout)
	echo "${seconds:-300}"
}

# command_of SERIES QEMU FILE OPTION...: that of the runner, one word per line
command_of()
{
	local series=$1 qemu=$2 file=$3
	shift 3

	printf '%s\n' "$vmtest" "$@"
	if [ -n "${BYPASS_FULL:-}" ]; then
		printf '%s\n' --env BYPASS_FULL=1 \
			--timeout $(($(timeout_of "$file") * 12))
	elif [ "$series" = "$(supported_series | head -n 1)" ]; then
		# igbvf has its own test there, and the others on newer ones
		printf '%s\n' --env "BYPASS_MODELS=e1000e vmxnet3 virtio-net-pci"
	fi
	[ "$qemu" = 7 ] || printf '%s\n' --qemu-dir "${qemu_dirs[$qemu]}"
	[ ! "$(asks_for "$file" target-qemu)" ] ||
		printf '%s\n' --target-qemu-dir "${qemu_dirs[10]}"
	! is_of_kernel "$file" ||
		printf '%s\n' --add "$("$TOP/scripts/kernel-tests.sh" "$series")"
	echo "$file"
}

is_of_kernel()
{
	grep -q '^# .*scripts/kernel-tests\.sh' "$1"
}

# Migration and the states of a failover pair are QEMU's business as much as
# ours.
depends_on_qemu()
{
	grep -qE '^# vmtest:.*target-qemu|/migration\.sh' "$1"
}

# qemus_for SERIES FILE: by which QEMUs a test runs. What depends on it runs by
# Debian 12's own (7) with its own kernel and by QEMU 10 with the other one, in a
# full run by all; the rest by the one that emulates several CPUs best.
qemus_for()
{
	if [ "$(asks_for "$2" target-qemu)" ]; then
		echo 7
	elif ! depends_on_qemu "$2"; then
		echo 11
	elif [ -n "${BYPASS_FULL:-}" ]; then
		echo 7 10 11
	elif [ "$1" = "$(supported_series | head -n 1)" ]; then
		echo 7
	else
		echo 10
	fi
}

# place_of FILE: one that looks at times has the machine for itself
place_of()
{
	if grep -qE '^# vmtest:.*\<alone=yes\>' "$1"; then
		echo alone
	else
		echo beside
	fi
}

# is_for LABEL NAME: has this test a guest with that label?
is_for()
{
	[ "$1" != debug-y ] || [ "$every" ] ||
		[[ " ${BUILT_IN[*]} " == *" $2 "* ]]
}

# plan LABEL SERIES OPTION...: a file with the command of each guest; the list of
# them on stdout, as PLACE SECONDS NAME
plan()
{
	local label=$1 series=$2 name file qemu timeout qemus
	shift 2

	mkdir -p "$logs/$label"
	for name in "${names[@]}"; do
		is_for "$label" "$name" || continue
		file=$tests/${name%.sh}.sh
		# They give up too early for a debug kernel
		[ -n "$debug" ] && is_of_kernel "$file" && continue
		timeout=$(timeout_of "$file")
		read -ra qemus < <(qemus_for "$series" "$file")
		for qemu in "${qemus[@]}"; do
			name=$label/$(basename "$file" .sh)
			[ "$qemu" = 11 ] || name+=-qemu$qemu
			command_of "$series" "$qemu" "$file" "$@" \
				--out "$logs/$name" > "$logs/$name.cmd"
			echo "$(place_of "$file") $timeout $name"
		done
	done
}

# run_one NAME: a test of the plan, and say at its end how it went
run_one()
{
	local status=0 log=$logs/$1.log command

	mapfile -t command < "$logs/$1.cmd"
	# Ends with us, and its guest with it
	setpriv --pdeathsig TERM "${command[@]}" \
		< /dev/null > "$log" 2>&1 || status=$?
	(
		flock 9
		sed "s,^,$1: ," "$log"
		# 1 is a failure that was counted
		[ "$status" -le 1 ] || echo "# $1: ended with status $status"
	) 9> "$logs/lock"
}
export -f run_one

# run_plan PLACE JOBS: read one, and run its tests with that place, so many side
# by side, those that may take long first
run_plan()
{
	local list

	mapfile -t list < <(sed -n "s/^$1 //p" | sort -rn | cut -d ' ' -f 2)
	[ ${#list[@]} -gt 0 ] || return 0
	say "${#list[@]} tests, $2 side by side"
	# shellcheck disable=SC2016 # for the shell that xargs starts
	printf '%s\n' "${list[@]}" |
		setpriv --pdeathsig TERM xargs -P "$2" -I {} \
		setpriv --pdeathsig TERM bash -c 'run_one "$1"' run_one {}
	list=("${list[@]/#/"$logs/"}")
	collect "${list[@]/%/.log}"
}

make -s -C "$tests" xdp.bpf.o xsk.bpf.o xsk ||
	die "no programs for the tests: see install-deps.sh check"
every=${VARIANTS:-${names[*]}}
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(all_tests)
for name in "${names[@]}"; do
	[ -f "$tests/${name%.sh}.sh" ] || die "no test $name"
done
rm -rf "$logs"
mkdir -p "$logs"
start=$SECONDS
# With several CPUs, TCG before QEMU 8.1 may keep code that a guest's kernel has
# patched meanwhile: guests hang, or die of "Oops: int3". Until QEMU 11, a CPU
# that writes to a device while another CPU changes the map of them, as it does
# at each hot-plug, may reach a wrong device: doorbells and timers get lost.
declare -A qemu_dirs
for major in 10 11; do
	qemu_dirs[$major]=$("$TOP/scripts/fetch-qemu.sh" "$major")
done

if [ -n "$debug" ]; then
	dir=$("$TOP/scripts/debug-kernel.sh" --variant both)
	for variant in $variants; do
		plan "debug-$variant" "" --kernel-dir "$dir/$variant" \
		     --timeout 1500 --append kasan_multi_shot \
		     --env BYPASS_WAIT=180 --env BYPASS_STREAM_SECONDS=60 \
		     --env BYPASS_SWITCHES=5 \
		     --env BYPASS_STORM_DELAY=4000000 \
		     --virtio-opts x-txtimer=500000000 \
		     --env BYPASS_TXTIMER=500000000 --env BYPASS_PING_GAP=0.6
	done > "$logs/plan"
	jobs=$(nproc)
else
	for series in $(supported_series); do
		kernel_dir=$("$TOP/scripts/fetch-kernel.sh" "$series")
		release=$(cat "$kernel_dir/release")
		"$TOP/scripts/build-modules.sh" --tests \
			--kernel-dir "$kernel_dir" "$release" >&2
		modules=("$BUILD/$release"/{,test_modules/}*.ko)
		plan "$series" "$series" --kernel-dir "$kernel_dir" \
		     "${modules[@]/#/--module=}"
	done > "$logs/plan"
	echo "$TOP/scripts/ground-test.sh" > "$logs/ground.cmd"
	echo beside 60 ground >> "$logs/plan"
	# Guests wait now and then
	jobs=$(($(nproc) + 1))
fi
run_plan beside "${JOBS:-$jobs}" < "$logs/plan"
run_plan alone 1 < "$logs/plan"

# Down here, for whoever sees no more than the end of thousands of lines
[ ${#failures[@]} -eq 0 ] || printf '%s\n' "${quotes[@]}" "${failures[@]}"
say "took $(((SECONDS - start) / 60)) min $(((SECONDS - start) % 60)) s"
counts="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || counts+=", $skipped skipped"
echo "$counts"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
