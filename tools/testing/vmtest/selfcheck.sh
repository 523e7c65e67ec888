#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shows that vmtest.py notices what it has to notice and leaves nothing behind.
#
#   selfcheck.sh --kernel-dir DIR [OPTION OF vmtest.py]...
#
# Prints KTAP; takes about three minutes.
here=$(dirname "$(realpath "$0")")
options=("$@")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/added/usr/share/added"
echo "from the host" >"$work/added/usr/share/added/file"
number=0
failed=0

report()
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		sed 's/^/# /' "$work/out"
		failed=1
	fi
}

# run OPTION-OR-TEST...: runs vmtest; its output goes to $work/out.
run()
{
	local name tests=()

	for name in "$@"; do
		if [ -e "$here/selfcheck/$name.sh" ]; then
			name="$here/selfcheck/$name.sh"
		fi
		tests+=("$name")
	done
	"$here/vmtest.py" "${options[@]}" --env "FROM_OPTION=a b" \
		--add "$work/added" --out "$work/logs" "${tests[@]}" >"$work/out" 2>&1
	status=$?
}

# said TEXT...: the output has all these texts.
said()
{
	local text

	for text in "$@"; do
		grep -qF -- "$text" "$work/out" || return
	done
}

# Whether a process of this check, or a namespace, is left. The directory of the
# logs is on each command line that counts.
nothing_left()
{
	! grep -qsF "$work/logs" /proc/[0-9]*/cmdline &&
		! compgen -G "/run/netns/vmtest-$runner-*" >/dev/null &&
		! compgen -G "${TMPDIR:-/tmp}/vmtest-$runner-*" >/dev/null &&
		! ip -o link | grep -qE '^[0-9]+: [tx][sv][0-9]*[:@]'
}

wait_until()
{
	local end=$((SECONDS + 60))

	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

kernel_talks()
{
	[ -s "$work/logs/pass/console.log" ]
}

start_in_background()
{
	rm -rf "$work/logs"
	"$here/vmtest.py" "${options[@]}" --out "$work/logs" \
		"$here/selfcheck/pass.sh" >"$work/out" 2>&1 &
	runner=$!
	# That nothing is left must not be true by mistake.
	wait_until kernel_talks && ! nothing_left
}

check_results()
{
	run --together pass fail skip plan
	[ "$status" -eq 1 ]
	report $? "a failure gives status 1"
	said "ok 1 pass.sh" "    ok 3 environment of the options" \
		"    ok 4 added file"
	report $? "pass"
	said "not ok 2 fail.sh" "# failed: fail.sh: exit status 3"
	report $? "fail"
	said "ok 3 skip.sh # SKIP"
	report $? "skip"
	said "not ok 4 plan.sh" "1 results, but the plan was 2"
	report $? "missing result"
	[ "$(tail -n 1 "$work/out")" = "6 passed, 2 failed, 1 skipped" ]
	report $? "summary"
}

check_bad_guests()
{
	run hang
	[ "$status" -eq 1 ] && said "not ok 1 hang.sh" && {
		said "timed out" || said "no end after"
	}
	report $? "hang"
	run paused
	[ "$status" -eq 1 ] && said "no end after 40 s, the guest is paused"
	report $? "a guest that stands still"
	run warn
	[ "$status" -eq 1 ] && said "not ok 1 warn.sh" "WARNING: a fake one" &&
		! said "an allowed one"
	report $? "kernel warning"
	run pciehp
	[ "$status" -eq 0 ]
	report $? "what lockdep says of pciehp does not matter"
	run lockdep
	[ "$status" -eq 1 ] && said "WARNING: possible circular locking"
	report $? "what it says of others does"
	run vring
	[ "$status" -eq 0 ]
	report $? "what KASAN says of an old ring does not matter"
	run kasan
	[ "$status" -eq 1 ] && said "KASAN: use-after-free in virtnet_stats"
	report $? "what it says of other places does"
	run lost-timer
	[ "$status" -eq 1 ] && said "not ok 1 lost-timer.sh" "QEMU failed" &&
		[ "$(grep -c "boots again" "$work/out")" -eq 2 ]
	report $? "a guest that QEMU fails boots again, twice"
	run lost-cpu
	said "QEMU failed, it did not start a CPU: the guest boots again"
	report $? "a CPU that QEMU did not start"
	run panic
	[ "$status" -eq 1 ] && said "not ok 1 panic.sh" "did not end" \
		"Kernel panic - not syncing"
	report $? "panic"
}

check_migration()
{
	run migrate
	[ "$status" -eq 0 ] && said "ok 6 after migration 3" &&
		[ "$(tail -n 1 "$work/out")" = "6 passed, 0 failed" ]
	report $? "migration"
	cat "$work/logs/migrate/"console*.log >"$work/out"
	said "after migration 1" "after migration 2" "after migration 3"
	report $? "the console in all QEMUs"
}

check_reboots()
{
	run reboot
	[ "$status" -eq 0 ] && said "ok 1 boot 1" "ok 2 no further reboot" &&
		[ "$(tail -n 1 "$work/out")" = "2 passed, 0 failed" ]
	report $? "reboot"
	run reset
	[ "$status" -eq 1 ] && said "not ok 1 reset.sh" "did not end" &&
		! said "rebooted, alas"
	report $? "unasked reset"
	run repanic
	[ "$status" -eq 1 ] && said "not ok 1 repanic.sh" "did not end" \
		"WARNING: before the reboot" "Kernel panic - not syncing"
	report $? "panic after a reboot"
	run --together pass reboot
	[ "$status" -eq 2 ] && said "reboot.sh reboots the guest"
	report $? "no reboot with --together"
}

check_errors()
{
	run bad-header
	[ "$status" -eq 2 ] && said "unknown key 'colour'" &&
		[ "$(wc -l <"$work/out")" -eq 1 ]
	report $? "unknown header key"
	run --qemu /nonexistent/qemu pass
	[ "$status" -eq 2 ] && [ "$(wc -l <"$work/out")" -eq 1 ]
	report $? "missing QEMU"
	run --kernel-dir /nonexistent pass
	[ "$status" -eq 2 ] && [ "$(wc -l <"$work/out")" -eq 1 ]
	report $? "missing kernel directory"
	run --module /nonexistent.ko pass
	[ "$status" -eq 2 ] && [ "$(wc -l <"$work/out")" -eq 1 ]
	report $? "missing module"
}

check_signals()
{
	local signal started

	for signal in INT TERM; do
		start_in_background
		started=$?
		kill "-$signal" "$runner"
		wait "$runner"
		[ $? -gt 128 ] && [ "$started" -eq 0 ] && nothing_left
		report $? "SIG$signal leaves nothing"
	done
	start_in_background
	kill -KILL "$runner"
	wait "$runner" 2>/dev/null
	# The kernel has been told to kill the guest; the rest is for the next run.
	wait_until no_process_left
	report $? "no guest outlives SIGKILL"
	run bad-header
	run --qemu /nonexistent/qemu pass
	nothing_left
	report $? "the next run cleans up after SIGKILL"
}

no_process_left()
{
	! grep -qsF "$work/logs" /proc/[0-9]*/cmdline
}

echo "KTAP version 1"
check_errors
check_results
check_bad_guests
check_reboots
check_migration
check_signals
echo "1..$number"
exit "$failed"
