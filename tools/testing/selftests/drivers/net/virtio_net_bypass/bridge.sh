#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Containers behind a bridge on the master, at a host whose switch floods to both
# paths what it does not know: each frame comes once, whatever the switch has
# learned, and none of the guest's own. And macvlans at one in VEPA mode, which
# are to hear the master.
#
# vmtest: timeout=400

. "$(dirname "$0")/lib.sh"

readonly FRAMES=20
readonly TALKER=192.0.2.10 TALKER_MAC=52:54:00:77:01:10
readonly SILENT=192.0.2.11 SILENT_MAC=52:54:00:77:01:11
# An address of the wire that nobody has
readonly STRANGER=192.0.2.99 STRANGER_MAC=52:54:00:77:01:99

# ignored NETNS: datagrams to all that came there
ignored()
{
	mib Udp IgnoredMulti < <(ip netns exec "$1" cat /proc/net/snmp)
}

ignored_are()
{
	[ "$(ignored "$1")" -ge "$2" ]
}

# namespace NAME: one that says nothing by itself
namespace()
{
	ip netns add "$1"
	ip netns exec "$1" sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1
	ip -n "$1" link set dev lo up
}

# container NAME MAC ADDRESS
container()
{
	namespace "$1"
	ip link add "v-$1" type veth peer name eth0 address "$2" netns "$1"
	ip link set dev "v-$1" master br0 up
	ip -n "$1" address add "$3/24" dev eth0
	ip -n "$1" link set dev eth0 up
}

make_bridge()
{
	modprobe -q bridge
	ip link add br0 type bridge mcast_snooping 0
	sysctl -q -w net.ipv6.conf.br0.disable_ipv6=1
	ip address flush dev "$MASTER"
	ip link set dev "$MASTER" master br0
	ip address add "$GUEST/24" dev br0
	ip link set dev br0 up
	container talker "$TALKER_MAC" "$TALKER"
	container silent "$SILENT_MAC" "$SILENT"
	ip -n talker neighbour add "$STRANGER" lladdr "$STRANGER_MAC" dev eth0
	wait_for reach_host || bail "the host does not answer on the bridge"
}

# What has come before the answer was sent has been counted
settle()
{
	ping_by "$WHERE" || bail "the host does not answer"
}

# check_once NAME: each of FRAMES that the host sends to the silent one comes
# once
check_once()
{
	local base

	base=$(ignored silent)
	vmhost run broadcast "$FRAMES" "$HOST" 52:54:00:00:00:01 \
		"$SILENT_MAC" || bail "no frames"
	wait_for ignored_are silent $((base + FRAMES))
	settle
	note "$(($(ignored silent) - base)) of $FRAMES"
	check "$1" [ "$(ignored silent)" -eq $((base + FRAMES)) ]
}

stray()
{
	ip netns exec talker bash -c "echo > /dev/udp/$STRANGER/9"
}

# flooded_to PATH BASE: to where the guest has not sent
flooded_to()
{
	[ "$(received_by "$1")" -gt "$2" ]
}

# check_stray WHEN OTHER: what the talker says to nobody comes back by the path
# OTHER, or is said to, and does not make it unreachable
check_stray()
{
	local base answers

	all_answered "ip netns exec talker" 1 "$HOST" ||
		bail "the talker cannot talk"
	base=$(received_by "$2")
	stray
	check_wait "$1: the switch floods" flooded_to "$2" "$base"
	settle
	answers=$(vmhost run ping-guest "$FRAMES" 0.02 "$TALKER")
	note "$answers"
	check "$1: the talker is reached behind its echo" \
		[ "$answers" = "$FRAMES $FRAMES" ]
}

# containers PATH WHEN
containers()
{
	WHERE=$1
	vmhost path auto
	vmhost run switch learns "$SILENT_MAC"
	check_once "$2: a frame that the switch floods comes once"
	vmhost run switch knows "$SILENT_MAC" standby
	check_once "$2: one that comes by standby only comes"
	if [ "$1" = vf ]; then
		check_stray "$2" standby
		vmhost run switch knows "$SILENT_MAC" vf
		check_once "$2: one that comes by the VF only comes"
	fi
	vmhost run switch learns "$SILENT_MAC"
}

is_at()
{
	[ "$(vmhost run switch place "$1")" = "$2" ]
}

# The switch learns without a word of the talker
learned()
{
	local path answers

	vmhost path auto
	vmhost run switch learns "$TALKER_MAC"
	all_answered "ip netns exec talker" 1 "$HOST" ||
		bail "the talker cannot talk"
	check_wait "the talker is at the VF" is_at "$TALKER_MAC" vf
	for path in standby vf; do
		vf_set "$([ $path = vf ] && echo up || echo down)"
		check_wait "after a switch the talker is at $path" \
			is_at "$TALKER_MAC" "$path"
		answers=$(vmhost run ping-guest "$FRAMES" 0.02 "$TALKER")
		note "$answers"
		check "the talker is reached by $path" \
			[ "$answers" = "$FRAMES $FRAMES" ]
	done
}

# A host to which the guest has come asks, and none of its switches knows the
# talker
asked_by_host()
{
	vmhost path auto
	vmhost run switch learns "$TALKER_MAC"
	vmhost qmp '{"execute": "announce-self", "arguments": {"initial": 50,
		"max": 550, "rounds": 1, "step": 50}}'
	check_wait "when the host asks, the switch hears of the talker" \
		is_at "$TALKER_MAC" standby
}

# all_once: how many of 600 frames to all came, while the path is switched there
# and back
all_once()
{
	local base sent frames=600

	base=$(counted ingress)
	vmhost run broadcast "$frames" "$HOST" 52:54:00:00:00:01 \
		ff:ff:ff:ff:ff:ff 5 &
	sent=$!
	while kill -0 "$sent" 2> /dev/null; do
		vf_set down
		vf_set up
	done
	wait "$sent"
	WHERE=vf
	settle
	frames=$(($(counted ingress) - base))
	note "$frames of 600 frames to all"
	[ "$frames" -eq 600 ]
}

# Copies that a guest receives 250 ms apart, as it stood still between them, are
# taken for two frames: that is no reason to fail three times.
check_switches()
{
	check "while the path is switched each frame to all comes once" \
		eval "all_once || all_once || all_once"
}

# say N: as many words of the master to all
say()
{
	local number

	for ((number = 0; number < $1; number++)); do
		echo "$number" | socat - UDP-DATAGRAM:192.0.2.255:9,broadcast
	done
}

is_heard()
{
	local base

	base=$(ignored macvlan)
	say 1
	settle
	ignored_are macvlan $((base + 1))
}

# check_reflection WHEN: the macvlan hears what the master says to all; not for a
# second after a switch, when it may be an echo of the other path
check_reflection()
{
	local base

	wait_for is_heard
	base=$(ignored macvlan)
	say 5
	wait_for ignored_are macvlan $((base + 5))
	settle
	note "$(($(ignored macvlan) - base)) of 5"
	check "$1: a macvlan hears the master by the switch" \
		[ "$(ignored macvlan)" -eq $((base + 5)) ]
}

reflections()
{
	namespace macvlan
	ip link add link "$MASTER" name mv0 type macvlan mode vepa
	ip link set dev mv0 netns macvlan
	ip -n macvlan address add 192.0.2.12/24 dev mv0
	ip -n macvlan link set dev mv0 up
	vmhost run switch hairpin on
	WHERE=standby
	check_reflection "standby"
	plug_vf vmxnet3
	WHERE=vf
	check_reflection "VF vmxnet3"
	unplug_vf
	WHERE=standby
	check_reflection "after the unplug"
	vmhost run switch hairpin off
	ip netns del macvlan
}

setup_master
reflections
count_at ingress "ip daddr 255.255.255.255 udp dport 9" ||
	bail "no hook of nftables"
make_bridge
MODELS="vmxnet3 e1000e"
on_each_path containers
plug_vf vmxnet3
learned
check_switches
unplug_vf
asked_by_host
finish
