#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel's own selftests that take a real interface: what passes on a plain
# virtio NIC passes on the master, by standby, by a VF, and by the next one
# after a re-plug. kernel.list has them, and scripts/kernel-tests.sh makes the
# directory they come in (vmtest.py --add). BYPASS_FULL=1 takes the slow ones,
# too, and BYPASS_KERNEL_TESTS=REGEX only those whose path matches.
#
# vmtest: timeout=600

. "$(dirname "$0")/lib.sh"

readonly LIST=$PWD/kernel.list
readonly TREE=/usr/lib/kernel-tests/tools/testing/selftests
readonly GUEST6=fd00:db8::2 PEER6=fd00:db8::3
readonly PLAIN_MAC=52:54:00:77:00:02

# --- how they are called: "NAME ..." of the list is "call_NAME FILE ..." ---
#
# In the directory of the test, with DEV the interface, MAC its address, and
# peer0 in the network namespace "peer" at the other end of the wire.

# At the other end; a function would be a process more, which a signal misses
readonly THERE=(ip netns exec peer)

# The command on both ends, and what tells that the first of them is ready
RX=() TX=() READY=()

# listens tcp|udp PORT [COMMAND...]: where the command brings ss
listens()
{
	local proto=$1 port=$2
	shift 2

	[ -n "$("$@" ss -Hln "--$proto" "sport = :$port")" ]
}

has_packet_socket()
{
	awk -v dev="$(cat "/sys/class/net/$DEV/ifindex")" \
		'$5 == dev { f = 1 } END { exit !f }' /proc/net/packet
}

# RX in the background, TX when it is ready: both have to succeed
converse()
{
	local rx status=1

	"${RX[@]}" &
	rx=$!
	if wait_for "${READY[@]}"; then
		"${TX[@]}"
		status=$?
	else
		kill "$rx"
	fi
	wait "$rx" && return "$status"
	return 1
}

# It takes all NICs that "ip link show" has, which is made to be one, and it
# always succeeds: its lines count
call_netdevice()
{
	ip()
	{
		[ "$*" != "link show" ] || set -- link show dev "$DEV"
		command ip "$@"
	}
	export -f ip
	DEV=$DEV "./$1"
}

call_python()
{
	NETIF=$DEV LOCAL_V4=$GUEST LOCAL_V6=$GUEST6 \
	REMOTE_V4=$PEER REMOTE_V6=$PEER6 REMOTE_TYPE=netns REMOTE_ARGS=peer \
		python3 "./$1"
}

gro_once()
{
	local args=("--ipv$1" --test "$2" --dmac "$MAC" --smac "$PEER_MAC")

	RX=(./gro "${args[@]}" --rx --iface "$DEV")
	TX=("${THERE[@]}" ./gro "${args[@]}" --iface peer0)
	READY=(has_packet_socket)
	converse
}

# defer_gro NS HARD-IRQS: by the NAPI that receives, which may be that of a VF
defer_gro()
{
	local dev

	for dev in "$DEV" $(find_vf "$DEV"); do
		echo "$1" > "/sys/class/net/$dev/gro_flush_timeout"
		echo "$2" > "/sys/class/net/$dev/napi_defer_hard_irqs"
	done
}

# As gro.sh does, which has the NIC in loopback: up to three times, and with
# time for packets to meet, which an emulated guest needs more of
call_gro()
{
	local test try passed status=0

	defer_gro 50000000 50
	for test in "${@:2}"; do
		passed=''
		for try in 1 2 3; do
			if gro_once "${test%:*}" "${test#*:}"; then
				passed=$try
				break
			fi
		done
		[ -n "$passed" ] || status=1
	done
	defer_gro 0 0
	return "$status"
}

# As txtimestamp.sh does on lo, without the delays that it makes and expects
call_txtimestamp()
{
	local address mode servers=() status=0

	"${THERE[@]}" socat -u TCP6-LISTEN:9000,fork,reuseaddr /dev/null &
	servers+=($!)
	"${THERE[@]}" socat -u UDP6-RECV:9000 /dev/null &
	servers+=($!)
	wait_for listens tcp 9000 "${THERE[@]}"
	wait_for listens udp 9000 "${THERE[@]}"
	for mode in "${@:2}"; do
		address=$PEER
		[[ $mode != -6* ]] || address=$PEER6
		# shellcheck disable=SC2086 # more than one option
		./txtimestamp $mode -c 1 -S 50000 -t 10000000 "$address" ||
			status=1
	done
	kill "${servers[@]}"
	wait "${servers[@]}" 2> /dev/null
	return "$status"
}

# As msg_zerocopy.sh does on veth
call_msg_zerocopy()
{
	local proto status=0 args=(-4 -S "$GUEST" -D "$PEER")

	for proto in "${@:2}"; do
		READY=(listens "$proto" 8000 "${THERE[@]}")
		RX=("${THERE[@]}" ./msg_zerocopy "${args[@]}" -i peer0 -t 2
		    -C 0 -r "$proto")
		TX=(./msg_zerocopy "${args[@]}" -i "$DEV" -t 1 -C 1 -z "$proto")
		converse || status=1
	done
	return "$status"
}

# As udpgso_bench.sh does on lo; few packets, which must all arrive
call_udpgso_bench()
{
	local status=0 rx=(./udpgso_bench_rx -C 5000 -R 500 -v -n 15)
	local tx=(./udpgso_bench_tx -M 3 -S 0)

	RX=("${THERE[@]}" "${rx[@]}") TX=("${tx[@]}" -4 -s 7360 -D "$PEER" \
		-z -T -a)
	READY=(listens udp 8000 "${THERE[@]}")
	converse || status=1
	RX=("${rx[@]}") TX=("${THERE[@]}" "${tx[@]}" -6 -s 7260 \
		-D "$GUEST6")
	READY=(listens udp 8000)
	converse || status=1
	return "$status"
}

# As csum.py does, which in 6.12 asks for a name that its library does not know
call_csum()
{
	local case status=0 here there common

	for case in "${@:2}"; do
		read -ra case <<< "$case"
		here=$GUEST there=$PEER
		[ "${case[1]}" = -4 ] || here=$GUEST6 there=$PEER6
		if [ "${case[0]}" = rx ]; then
			common=(-n 20 -S "$there" -D "$here" "${case[@]:1}")
			RX=(./csum -i "$DEV" -L 2 "${common[@]}" -R)
			TX=("${THERE[@]}" ./csum -i peer0 "${common[@]}" -T)
			READY=(listens udp 34000)
		else
			common=(-n 20 -S "$here" -D "$there" "${case[@]:1}")
			RX=("${THERE[@]}" ./csum -i peer0 -L 2
			    "${common[@]}" -R)
			TX=(./csum -i "$DEV" "${common[@]}" -T)
			READY=(listens udp 34000 "${THERE[@]}")
		fi
		converse || status=1
	done
	return "$status"
}

# The first pair of NICs is the wire, any further one a veth pair
call_forwarding()
{
	local i number status nics=("$DEV" peer0)

	number=$(sed -n 's/^NUM_NETIFS=//p' "$1")
	for ((i = 3; i <= number; i += 2)); do
		ip link add "wire$i" type veth peer name "wire$((i + 1))"
		nics+=("wire$i" "wire$((i + 1))")
	done
	printf '%s\n' NETIF_CREATE=no WAIT_TIME=1 'PING6="ping -6"' \
		> forwarding.config
	ip -n peer link set dev peer0 netns 1
	ip address flush dev "$DEV"
	"./$1" "${nics[@]}"
	status=$?
	for ((i = 3; i <= number; i += 2)); do
		ip link del "wire$i"
	done
	ip link set dev peer0 netns peer
	set_up_peer
	set_up_device
	return "$status"
}

# --- the wire ---------------------------------------------------------------

set_up_device()
{
	ip address replace "$GUEST/24" dev "$DEV"
	ip link set dev "$DEV" up
	ip address replace "$GUEST6/64" dev "$DEV" nodad
}

set_up_peer()
{
	ip -n peer address replace "$PEER/24" dev peer0
	ip -n peer link set dev peer0 up
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
	[[ ,$kernels, = *,"$SERIES",* && $path =~ $ONLY ]]
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

FULL=${BYPASS_FULL:-} ONLY=${BYPASS_KERNEL_TESTS:-}
SERIES=$(uname -r | grep -oE '^[0-9]+\.[0-9]+')
DEV='' MAC=''
[ -d "$TREE" ] ||
	skip_all "needs the directory that scripts/kernel-tests.sh makes"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# The kernel's word for a machine on which times mean little
export KSFT_MACHINE_SLOW=yes

setup_master
setup_peer
set_up_peer
use_plain
run_all plain
use_master
run_by standby standby
plug_vf e1000e
run_by vf "VF"
unplug_vf
[ -z "$FULL" ] || run_by standby "after the unplug"
plug_vf vmxnet3
run_by vf "after the re-plug"
finish
