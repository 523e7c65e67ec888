#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests of virtio_net's in-driver failover share.
#
# They run inside a guest and ask the host for what only it can do (plug or
# unplug a VF, move the MAC between the two paths) through the command
# "vmhost". Without one they go as far as they come with a VF of the guest's own,
# see nohost_lib.sh. The host answers at 192.0.2.1.
#
# Every wait is for a condition, with a limit; nothing sleeps for a time and
# hopes.

readonly KSFT_PASS=0 KSFT_FAIL=1 KSFT_SKIP=4
readonly HOST=${REMOTE_V4:-192.0.2.1} GUEST=${LOCAL_V4:-192.0.2.2}
# shellcheck disable=SC2034 # for the tests
readonly PEER=192.0.2.3 PEER_MAC=52:54:00:77:00:01
# A guest is 10 to 20 times slow under emulation
readonly WAIT=${BYPASS_WAIT:-60}
# vmhost gives up after 180 s
readonly UNPLUG_WAIT=$((WAIT < 170 ? WAIT : 170))

count=0
failed=0

# --- results, as KTAP -------------------------------------------------------

report()
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count $2"
	else
		echo "not ok $count $2"
		failed=$((failed + 1))
	fi
}

note()
{
	echo "# $*"
}

# check NAME COMMAND...: one result, by the command's status
check()
{
	local name=$1
	shift
	"$@"
	report $? "$name"
}

# check_wait NAME COMMAND...: the same, for what becomes true within the limit
check_wait()
{
	local name=$1
	shift
	wait_for "$@"
	report $? "$name"
}

skip_result()
{
	count=$((count + 1))
	echo "ok $count $1 # SKIP $2"
}

finish()
{
	echo "1..$count"
	[ "$failed" -eq 0 ] || exit $KSFT_FAIL
	exit $KSFT_PASS
}

skip_all()
{
	echo "1..0 # SKIP $*"
	exit $KSFT_SKIP
}

# The test cannot go on, and that is a failure; what the kernel said last comes
# behind it, where check.py quotes
bail()
{
	note "$*"
	ip -d link
	echo "not ok $((count + 1)) $*"
	dmesg | tail -n 12
	echo "1..$((count + 1))"
	exit $KSFT_FAIL
}

# fails COMMAND...: true if the command is not
fails()
{
	! "$@" > /dev/null 2>&1
}

# logged PATTERN: the kernel has said so
logged()
{
	dmesg | grep -q -e "$1"
}

wait_for()
{
	local end=$((SECONDS + WAIT))

	until "$@" > /dev/null 2>&1; do
		if [ $SECONDS -ge $end ]; then
			note "timed out after $WAIT s: $*"
			return 1
		fi
		read -r -t 0.1 <> <(:)
	done
	return 0
}

# --- who is who -------------------------------------------------------------

driver_of()
{
	local link

	link=$(readlink "/sys/class/net/$1/device/driver") || return 1
	basename "$link"
}

# netdev_of_driver DRIVER: the first one that it has
netdev_of_driver()
{
	local dir

	for dir in /sys/class/net/*; do
		[ "$(driver_of "${dir##*/}" 2> /dev/null)" = "$1" ] || continue
		echo "${dir##*/}"
		return
	done
	return 1
}

# is_builtin MODULE: only a module that was loaded has a state
is_builtin()
{
	[ -e "/sys/module/$1" ] && [ ! -e "/sys/module/$1/initstate" ]
}

# config_byte DEVICE OFFSET [OCTAL]: read it, or write it
config_byte()
{
	if [ $# -gt 2 ]; then
		printf "%b" "\\0$3" |
			dd of="$1/config" bs=1 seek="$2" conv=notrunc status=none
	else
		od -An -t o1 -j "$2" -N 1 "$1/config" | tr -d ' '
	fi
}

# feature_bit DEV N: 1 if the virtio device has it
feature_bit()
{
	local features

	# one character per bit, bit 0 first
	read -r features < "/sys/class/net/$1/device/features" || return 1
	echo "${features:$2:1}"
}

has_standby_bit()
{
	[ "$(feature_bit "$1" 62)" = 1 ]	# VIRTIO_NET_F_STANDBY
}

# The netdev of virtio_net that takes a VF, or is none itself
find_master()
{
	local dir other=''

	for dir in /sys/class/net/*; do
		[ "$(driver_of "${dir##*/}" 2> /dev/null)" = virtio_net ] || continue
		if has_standby_bit "${dir##*/}"; then
			echo "${dir##*/}"
			return
		fi
		[ -e "$dir/master" ] || other=${dir##*/}
	done
	[ "$other" ] && echo "$other"
}

# The VF of a master
find_vf()
{
	local link

	for link in "/sys/class/net/$1"/lower_*; do
		[ -e "$link" ] || return 1
		echo "${link##*/lower_}"
		return
	done
}

# statistic DEV NAME: of "ip -s link"
statistic()
{
	cat "/sys/class/net/$1/statistics/$2"
}

# count_of DEV NAME [PREFIX...]: of "ethtool -S", which PREFIX runs elsewhere
count_of()
{
	"${@:3}" ethtool -S "$1" | awk -v n="$2:" '$1 == n { print $2 }'
}

# on_vf DEV [PREFIX...]
on_vf()
{
	[ "$(count_of "$1" bypass_switch_to_vf "${@:2}")" -gt \
	  "$(count_of "$1" bypass_switch_to_standby "${@:2}")" ]
}

on_standby()
{
	! on_vf "$1"
}

netdevs()
{
	ls /sys/class/net
}

# Exactly these netdevs and no others
netdevs_are()
{
	[ "$(netdevs | sort | paste -sd ' ')" = \
	  "$(printf '%s\n' "$@" | sort | paste -sd ' ')" ]
}

is_slave()
{
	ip -o link show dev "$1" | grep -q '[<,]SLAVE[,>]'
}

has_carrier()
{
	[ "$(cat "/sys/class/net/$1/carrier")" = 1 ]
}

has_no_carrier()
{
	! has_carrier "$1"
}

is_up()
{
	ip -o link show dev "$1" | grep -q '[<,]UP[,>]'
}

has_no_address()
{
	[ -z "$(ip -o address show dev "$1")" ]
}

has_shim()
{
	tc qdisc show dev "$1" | grep -q virtnet_bypass
}

# feature DEV NAME: on or off
feature()
{
	ethtool -k "$1" | awk -v n="$2:" '$1 == n { print $2 }'
}

feature_is()
{
	[ "$(feature "$1" "$2")" = "$3" ]
}

# queue_count DEV tx|rx
queue_count()
{
	find "/sys/class/net/$1/queues" -name "$2-*" | wc -l
}

# ring DEV tx|rx: the size in use
ring()
{
	ethtool -g "$1" | awk -v n="${2^^}:" '$1 == n { size = $2 }
					      END { print size }'
}

is_paired()
{
	local vf

	vf=$(find_vf "$1") || return 1
	ip -o link show dev "$vf" | grep -q "[<,]SLAVE[,>].* master $1 "
}

# traced EVENT [TEXT]: it came to the master, if its tracepoint is enabled
traced()
{
	grep -q "virtnet_bypass_$1: dev=$MASTER ${2:-}" \
		/sys/kernel/tracing/trace
}

# --- the host ---------------------------------------------------------------

# field NAME TEXT: of "name=value ...", as many answers are
field()
{
	tr ' ' '\n' <<< "$2" | sed -n "s/^$1=//p"
}

# Packets that came from the guest by a path
sent_by()
{
	local packets

	read -r packets _ < <(vmhost counters "$1")
	echo "$packets"
}

# Packets that the host sent to the guest by a path
received_by()
{
	local packets

	read -r _ packets _ < <(vmhost counters "$1")
	echo "$packets"
}

# stream_runs PATH BASE: packets keep coming by PATH, 200 since BASE
stream_runs()
{
	[ "$(sent_by "$1")" -gt $(($2 + 200)) ]
}

# served ARGUMENT...: false if the server had no time for that
served()
{
	IPERF_OUTPUT=$(iperf3 -c "$HOST" "$@" 2>&1)
	IPERF_STATUS=$?
	! grep -qE 'Connection refused|server is busy' <<< "$IPERF_OUTPUT"
}

# iperf ARGUMENT...: iperf3 with the host. Its server takes one client, and does
# not listen for a moment after it.
iperf()
{
	wait_for served "$@"
	echo "$IPERF_OUTPUT"
	return "$IPERF_STATUS"
}

# stream_begin ARGUMENT...: TCP to the host, until it is told to end
stream_begin()
{
	iperf3 -c "$HOST" -t 3600 -J "$@" > stream.json &
	STREAM_PID=$!
}

# stream_survived: it did not end before
stream_survived()
{
	kill "$STREAM_PID"
	wait "$STREAM_PID"
	grep '"error"' stream.json | sed 's/^/# /'
	grep -q '"interrupt - the client has terminated"' stream.json
}

# reach_host [PREFIX...]: by a packet of another length than those that ping_by
# counts
reach_host()
{
	"$@" ping -q -c 1 -W 1 -s 8 "$HOST" > /dev/null
}

# lockdep reports any virtio_net whose ring is full when netpoll sends: the poll
# takes the tx lock then, with a console's locks held
lockdep_watches()
{
	[ -e /proc/lockdep ]
}

# stops: how often a tx queue of the master was stopped, for either path
stops()
{
	count_of "$MASTER" bypass_tx_stop
}

more_stops_than()
{
	[ "$(stops)" -gt "$1" ]
}

backlog_is_empty()
{
	! tc -s qdisc show dev "$MASTER" | grep -qE 'backlog [^ ]+ [1-9][0-9]*p'
}

# mib GROUP NAME: a counter out of a file like /proc/net/snmp on stdin, which has
# two lines for each group
mib()
{
	awk -v group="$1:" -v name="$2" '
		$1 != group { next }
		column { print $column; exit }
		{ for (column = NF; $column != name; column--) continue }'
}

# echo_replies [PREFIX...]: that were received there
echo_replies()
{
	mib Icmp InEchoReps < <("$@" cat /proc/net/snmp)
}

# replies_are N [PREFIX...]
replies_are()
{
	local wanted=$1
	shift

	[ "$(echo_replies "$@")" -ge "$wanted" ]
}

# all_answered PREFIX N ARGUMENT...: each of N echo requests gets a reply. What
# ping says is not asked: for the last reply it waits two round trips, which a
# guest that has to share its CPU may exceed. PREFIX is for another namespace
# or CPU, or empty.
all_answered()
{
	local count=$2 prefix base

	read -ra prefix <<< "$1"
	shift 2
	base=$(echo_replies "${prefix[@]}")
	"${prefix[@]}" ping -q -c "$count" -i 0.02 "$@" > /dev/null
	wait_for replies_are $((base + count)) "${prefix[@]}"
}

# answered_by PATH PREFIX ARGUMENT...: each of 20 echo requests gets a reply, and
# as many packets left by PATH: the requests, or the replies if it is the guest
# that is asked
answered_by()
{
	local path=$1 before sent
	shift

	before=$(sent_by "$path")
	all_answered "$1" 20 "${@:2}" || return 1
	sent=$(($(sent_by "$path") - before))
	note "$sent packets left by $path"
	[ "$sent" -ge 20 ]
}

# The total length of ping_by's packets, for those who count them
# shellcheck disable=SC2034
readonly PING_LENGTH=84

# silence: how far QEMU is in standby's first receive and send queue
# (last-avail-idx), and what the qdisc has given to it since the driver was
# loaded: what is between them is in the ring, or left by the VF. And what the
# host has seen of it.
silence()
{
	local queue

	note "no answer; the first two queues of standby, to QEMU:"
	for queue in 0 1; do
		note "$(vmhost qmp '{"execute": "x-query-virtio-queue-status",
			"arguments": {"queue": '$queue', "path":
			"/machine/peripheral/standby0/virtio-backend"}}' 2>&1)"
	done
	{
		tc -s qdisc show dev "$MASTER"
		ip neighbour show dev "$MASTER"
		ethtool -S "$MASTER"
		grep virtio /proc/interrupts
		vmhost run wire
	} 2>&1 | sed 's/^/# /'
}

# ping_by PATH: the host answers, and the guest's packets left by PATH
ping_by()
{
	if ! wait_for reach_host; then
		silence
		return 1
	fi
	answered_by "$1" "" "$HOST"
}

# each_once REQUESTS REPLIES: those of ping_by, none lost or seen twice
each_once()
{
	note "$1 echo requests, $2 replies"
	[ "$1" -eq 20 ] && [ "$2" -eq 20 ]
}

# check_counted NAME PATH COMMAND: ping_by PATH, and in EGRESS and INGRESS how
# many packets hooks on the master saw of it. "COMMAND egress" and "COMMAND
# ingress" print the counts.
check_counted()
{
	EGRESS=$("$3" egress)
	INGRESS=$("$3" ingress)
	check "$1" ping_by "$2"
	EGRESS=$(($("$3" egress) - EGRESS))
	INGRESS=$(($("$3" ingress) - INGRESS))
}

# count_at HOOK MATCH: packets of the master that match, at one of nftables' hooks
count_at()
{
	modprobe nf_tables && nft -f - <<-EOF
	table netdev bypass {
		chain $1 {
			type filter hook $1 device "$MASTER" priority 0
			$2 counter
		}
	}
	EOF
}

# counted HOOK: how many there have been
counted()
{
	nft list chain netdev bypass "$1" |
		sed -n 's/.*counter packets \([0-9]*\).*/\1/p'
}

# Plug a VF and wait until it carries the traffic; its tap is VF_PATH. "igbvf" is
# one of a PF in the guest, which comes and goes with it.
plug_vf()
{
	if [ "$1" = igbvf ]; then
		plug_pf "${@:2}" && make_vf
	else
		vmhost plug "$@"
	fi || bail "plug $* failed"
	wait_for is_paired "$MASTER" || bail "the VF $1 was not enslaved"
	VF=$(find_vf "$MASTER")
	wait_for on_vf "$MASTER" || bail "the VF $1 does not carry traffic"
	vmhost path "$VF_PATH"
}

# vf_set up|down: and wait until the path in use has changed
vf_set()
{
	ip link set dev "$VF" "$1"
	if [ "$1" = up ]; then
		wait_for on_vf "$MASTER"
	else
		wait_for on_standby "$MASTER"
	fi
}

vf_is_gone()
{
	! find_vf "$1"
}

# rebind_vf: its driver lets it go, and takes it again
rebind_vf()
{
	local device driver

	device=$(readlink -f "/sys/class/net/$VF/device")
	driver=$(readlink -f "$device/driver")
	echo "${device##*/}" > "$driver/unbind"
	wait_for vf_is_gone "$MASTER" || bail "the VF did not leave"
	echo "${device##*/}" > "$driver/bind"
}

# unplug_vf [ID]: as a host does it, move the MAC away first, then unplug. A
# guest that is busy may take its time, a debug kernel under load most of a
# minute.
unplug_vf()
{
	if [ "$(driver_of "$VF")" = igbvf ]; then
		leave_vf
	else
		vmhost path standby
	fi
	vmhost unplug "$@" timeout="$UNPLUG_WAIT" || bail "unplug failed"
	wait_for vf_is_gone "$MASTER" || bail "the VF did not leave"
}

# on_each_path COMMAND...: run it with the path in use and a word about when: on
# standby, with a VF of each of the models in turn, and after the first unplug
on_each_path()
{
	local model models

	read -ra models <<< "$MODELS"
	"$@" standby "standby"
	for model in "${models[@]}"; do
		plug_vf "$model"
		"$@" vf "VF $model"
		unplug_vf
		[ "$model" != "${models[0]}" ] ||
			"$@" standby "after the unplug"
	done
}

# add_vlan ID: a VLAN on the master
add_vlan()
{
	ip link add link "$MASTER" name "vlan$1" type vlan id "$1"
}

# setup_vlan: VLAN 7, with an address
setup_vlan()
{
	add_vlan 7
	ip address add 198.51.100.2/24 dev vlan7
	ip link set dev vlan7 up
}

# The master as it comes from its driver gets its address and is set up
take_master()
{
	wait_for find_master || bail "no virtio netdev"
	MASTER=$(find_master)
	ip address add "$GUEST/24" dev "$MASTER"
	ip link set dev "$MASTER" up
}

# The virtio device loses its driver, and gets it again
unbind_master()
{
	VIRTIO=$(basename "$(readlink -f "/sys/class/net/$MASTER/device")")
	echo "$VIRTIO" > /sys/bus/virtio/drivers/virtio_net/unbind
}

bind_master()
{
	echo "$VIRTIO" > /sys/bus/virtio/drivers/virtio_net/bind
	take_master
}

netdev_of_mac()
{
	grep -l "$1" /sys/class/net/*/address | cut -d/ -f5 | head -n 1
}

mac_is_there()
{
	[ -n "$(netdev_of_mac "$1")" ]
}

# Another station on the host's bridge, for what needs one that knows VLANs,
# MACsec and the like: a NIC of this guest in the network namespace "peer"
setup_peer()
{
	# QEMU's vmxnet3 takes an 802.1ad tag for one of 802.1Q
	vmhost plug "$PEER_MODEL" id=peer pair=no mac="$PEER_MAC" ||
		bail "no NIC for the peer"
	wait_for mac_is_there "$PEER_MAC" || bail "the peer's NIC did not come"
	ip netns add peer
	ip link set dev "$(netdev_of_mac "$PEER_MAC")" netns peer name peer0
	ip -n peer link set dev lo up
	ip -n peer address add "$PEER/24" dev peer0
	ip -n peer link set dev peer0 up
}

# The native program of a netdev, if any
program_of()
{
	ip -d link show dev "$1" | grep -o 'prog/xdp id [0-9]*'
}

# asked_by PATH SIZE: the peer gets an answer to each, and the answers left by
# PATH
asked_by()
{
	answered_by "$1" "ip netns exec peer" -s "$2" "$GUEST"
}

asked()
{
	ip netns exec peer ping -q -c 1 -W 3 -s "$1" "$GUEST" > /dev/null
}

unanswered()
{
	fails asked "$1"
}

stack_answers()
{
	sysctl -q -w net.ipv4.icmp_echo_ignore_all="$((1 - $1))"
}

setup_master()
{
	if [ "${BYPASS_HOST:-}" = none ] || [ ! "$(command -v vmhost)" ]; then
		. "${BASH_SOURCE[0]%/*}/nohost_lib.sh"
		has_standby_bit "$(find_master)" ||
			skip_all "needs a virtio NIC with failover=on"
	fi
	vmhost path standby
	take_master
	wait_for reach_host || bail "the host does not answer"
}

. "${BASH_SOURCE[0]%/*}/sriov_lib.sh"

# shellcheck disable=SC2034 # for the tests
MASTER='' VF='' VF_PATH=vf VIRTIO='' IPERF_OUTPUT='' IPERF_STATUS=''
PEER_MODEL=e1000e STREAM_PID=''
# The VFs of on_each_path: with one queue, with several, one of the master's own
# driver, and one of SR-IOV
MODELS=${BYPASS_MODELS:-e1000e vmxnet3 virtio-net-pci igbvf}
echo "KTAP version 1"
