#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel's own selftests in net and drivers/net that take a real interface:
# what passes on a plain virtio NIC passes on the master, by standby, by a VF,
# and by the next one after a re-plug; counters and offloads after a suspend as
# well. The host brings the kernel's tests along. BYPASS_FULL=1 takes
# the slow ones, too, and BYPASS_KERNEL_TESTS=REGEX only those whose path matches.
#
# vmtest: timeout=600 append=no_console_suspend kernel-tests=yes debug=no

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sleep_lib.sh"
. "$(dirname "$0")/kselftest_lib.sh"

# Those of net/forwarding are run by forwarding.sh
takes()
{
	[[ $1 != net/forwarding/* ]]
}

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

# thrice COMMAND...: for what an emulated guest that is held up spoils; gro.sh
# tries as often
thrice()
{
	"$@" || "$@" || "$@"
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

# As gro.sh does, which has the NIC in loopback, and with time for packets to
# meet, which an emulated guest needs more of
call_gro()
{
	local test status=0

	defer_gro 50000000 50
	for test in "${@:2}"; do
		thrice gro_once "${test%:*}" "${test#*:}" || status=1
	done
	defer_gro 0 0
	return "$status"
}

# As txtimestamp.sh does on lo, without the delays that it makes and expects. A
# retransmission gets a stamp that it does not expect.
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
		thrice ./txtimestamp $mode -c 1 -S 50000 -t 10000000 \
			"$address" || status=1
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

run_phases "$FULL" '/(stats[.]py|gro[.]c|csum[.]c)$'
