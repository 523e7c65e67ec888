# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2153 # for the tests, and from lib.sh
#
# The kernel's own selftests that take a real interface: what those that run
# them share; sourced after lib.sh, and sleep_lib.sh for those that sleep.
# kernel.list has them, and the host brings them along, in TREE. What passes on a
# plain virtio NIC has to pass on the master.
#
# The test that sources this has takes PATH, which tells whether a test of the
# list is for it, and for "NAME ..." there "call_NAME FILE ...". That is called
# in the directory of the test, with DEV the interface, MAC its address, and
# peer0 in the network namespace "peer" at the other end of the wire.

readonly LIST=$PWD/kernel.list
readonly TREE=/usr/lib/kernel-tests/tools/testing/selftests
readonly GUEST6=fd00:db8::2 PEER6=fd00:db8::3
readonly PLAIN_MAC=52:54:00:77:00:02

# --- the wire ---------------------------------------------------------------

# Whatever a test has left behind
set_up_device()
{
	ip address replace "$GUEST/24" dev "$DEV"
	ip link set dev "$DEV" mtu 1500 up
	ip address replace "$GUEST6/64" dev "$DEV" nodad
}

set_up_peer()
{
	ip -n peer address replace "$PEER/24" dev peer0
	ip -n peer link set dev peer0 mtu 1500 up
	ip -n peer address replace "$PEER6/64" dev peer0 nodad
}

reach_peer()
{
	ping -q -c 1 -W 1 "$PEER" && ping -q -c 1 -W 1 "$PEER6"
}

use_plain()
{
	vmhost plug virtio-net-pci id=plain pair=no mac="$PLAIN_MAC" ||
		bail "no plain virtio NIC"
	wait_for mac_is_there "$PLAIN_MAC" || bail "the plain NIC did not come"
	ip link set dev "$MASTER" down
	ip address flush dev "$MASTER"
	DEV=$(netdev_of_mac "$PLAIN_MAC") MAC=$PLAIN_MAC
	set_up_device
}

use_master()
{
	vmhost unplug plain timeout="$UNPLUG_WAIT" || bail "unplug failed"
	DEV=$MASTER MAC=$(cat "/sys/class/net/$MASTER/address")
	set_up_device
}

# --- the list ---------------------------------------------------------------

# The lines about parts of a test that have passed, for any interface
parts()
{
	sed -nE -e '/# *(SKIP|XFAIL)/d' -e 's/^ok [0-9]+ /ok /p' \
		-e "s/^PASS: $DEV: (.*) to initial state.*/\\1/p" \
		-e "s/^PASS: $DEV: //p" \
		-e 's/^(TEST: .*[^ ]) *\[ OK \]$/\1/p' | sort -u
}

wanted()
{
	local path=$1 kernels=$2 when=$3

	[ "$when" = quick ] || { [ "$when" = full ] && [ -n "$FULL" ]; } ||
		return 1
	takes "$path" && [[ ,$kernels, = *,"$SERIES",* && $path =~ $ONLY ]]
}

# run_test PATH HOW: its status, with the output in $WORK/out, its parts in
# $WORK/parts
run_test()
{
	local words status

	# quoted as in the shell
	eval "words=($2)"
	(cd "$TREE/${1%/*}" && "call_${words[0]}" "${1##*/}" "${words[@]:1}") \
		> "$WORK/out" 2>&1 < /dev/null
	status=$?
	parts < "$WORK/out" > "$WORK/parts"
	return "$status"
}

# judge PHASE LINE PATH STATUS: by the status, and by what passed on the plain
# NIC. A script or two succeed even if they could not do anything.
judge()
{
	local plain=$WORK/plain.$2 lost

	if [ "$1" = plain ]; then
		cp "$WORK/parts" "$plain"
		[ "$4" -eq 0 ] && [[ $3 = *.c || -s $plain ]]
		return
	fi
	lost=$(grep -vxFf "$WORK/parts" "$plain")
	[ -z "$lost" ] || note "passed on the plain NIC only: ${lost//$'\n'/, }"
	[ "$4" -eq 0 ] && [ -z "$lost" ]
}

# run_all PHASE
run_all()
{
	local path kernels when how status start line=0

	while read -r path kernels when how; do
		line=$((line + 1))
		wanted "$path" "$kernels" "$when" || continue
		# a test that takes the interface down loses its IPv6 address
		set_up_device
		wait_for reach_peer || bail "the peer does not answer"
		start=$SECONDS
		run_test "$path" "$how"
		status=$?
		if judge "$1" "$line" "$path" "$status"; then
			report 0 "$1: $path"
		else
			note "status $status"
			tail -n 80 "$WORK/out" | sed 's/^/# /'
			report 1 "$1: $path"
		fi
		note "$((SECONDS - start)) s, $(wc -l < "$WORK/parts") parts"
	done < <(sed -E '/^(#|$)/d' "$LIST")
}

# run_by PATH PHASE
run_by()
{
	local before

	before=$(sent_by "$1")
	run_all "$2"
	# one of them alone may send next to nothing
	[ -n "$ONLY" ] || check "$2: they took that path" \
		[ $(($(sent_by "$1") - before)) -ge 100 ]
}

# wire_up: the wire, with the plain virtio NIC in use
wire_up()
{
	[ -d "$TREE" ] ||
		skip_all "needs the kernel's own tests in $TREE"
	SERIES=$(uname -r | grep -oE '^[0-9]+\.[0-9]+')
	WORK=$(mktemp -d)
	trap 'rm -rf "$WORK"' EXIT
	# The kernel's word for a machine on which times mean little
	export KSFT_MACHINE_SLOW=yes

	setup_master
	setup_peer
	set_up_peer
	use_plain
}

# devices_sleep: all of them, up to where the machine would
devices_sleep()
{
	local status

	echo 1 > /sys/module/suspend/parameters/pm_test_delay
	devices_freeze mem
	status=$?
	# QEMU's e1000e does not always wake up
	ip -n peer link set dev peer0 down
	set_up_peer
	return "$status"
}

# run_slept REGEX: those whose path matches, after a suspend
run_slept()
{
	if [ ! -w /sys/power/pm_test ]; then
		skip_result "after a suspend" "needs CONFIG_PM_DEBUG"
		return
	fi
	check "devices sleep and wake" devices_sleep
	check_wait "after a suspend: the VF is in use" on_vf "$MASTER"
	ONLY=${ONLY:-$1} run_by vf "after a suspend"
}

# run_phases [AGAIN [SLEPT]]: all that is to be run; by standby once more after
# the unplug if AGAIN says something, and what matches SLEPT after a suspend
run_phases()
{
	wire_up
	run_all plain
	use_master
	run_by standby standby
	plug_vf e1000e
	run_by vf "VF"
	unplug_vf
	[ -z "${1:-}" ] || run_by standby "after the unplug"
	plug_vf vmxnet3
	run_by vf "after the re-plug"
	[ -z "${2:-}" ] || run_slept "$2"
	finish
}

FULL=${BYPASS_FULL:-} ONLY=${BYPASS_KERNEL_TESTS:-}
DEV='' MAC='' SERIES='' WORK=''
