# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What may stand on the master, and in bulk through it, both ways; sourced after
# lib.sh.

# shellcheck disable=SC2153 # PEER is of lib.sh
readonly BYTES=200000 LIMIT=30
# The third octet of their addresses
declare -A NET=([vlan]=1 [qinq]=2 [macvlan]=3 [ipvlan]=4 [ipip]=5 [gre]=6
	[grecsum]=7 [gretap]=8 [sit]=9 [vxlan]=10 [geneve]=11 [brvlan]=12 [stag]=13)

# make KIND DEV OWN OTHER [NAMESPACE]: on DEV, whose address is OWN
make()
{
	local kind=$1 dev=$2 own=$3 other=$4 name=u-$1
	local ip=(ip ${5:+-n "$5"})

	case $kind in
	vlan)
		"${ip[@]}" link add link "$dev" name "$name" type vlan id 7
		;;
	stag)
		"${ip[@]}" link add link "$dev" name "$name" type vlan \
			protocol 802.1ad id 12
		;;
	qinq)
		"${ip[@]}" link add link "$dev" name u-outer type vlan id 8 &&
			"${ip[@]}" link set dev u-outer up &&
			"${ip[@]}" link add link u-outer name "$name" \
				mtu 1496 type vlan id 9
		;;
	macvlan)
		"${ip[@]}" link add link "$dev" name "$name" type macvlan \
			mode bridge
		;;
	ipvlan)
		# Two of one kind cannot stand beside a macvlan
		"${ip[@]}" link add link u-vlan name "$name" type ipvlan mode l2
		;;
	ipip | gre | gretap | sit)
		"${ip[@]}" link add "$name" type "$kind" local "$own" \
			remote "$other" ttl 64
		;;
	grecsum)
		"${ip[@]}" link add "$name" type gre key 3 csum local "$own" \
			remote "$other" ttl 64
		;;
	vxlan)
		"${ip[@]}" link add "$name" type vxlan id 42 dstport 4789 \
			local "$own" remote "$other" dev "$dev"
		;;
	geneve)
		"${ip[@]}" link add "$name" type geneve id 43 remote "$other"
		;;
	brvlan)
		"${ip[@]}" link add u-bridge type bridge &&
			"${ip[@]}" link set dev "$dev" master u-bridge &&
			"${ip[@]}" link set dev u-bridge up &&
			"${ip[@]}" link add link u-bridge name "$name" \
				type vlan id 11
		;;
	esac || return 1
	"${ip[@]}" address add "$(address_of "$kind" "${own##*.}")" dev "$name"
	"${ip[@]}" link set dev "$name" up
}

# address_of KIND HOST: with the length of its prefix
address_of()
{
	if [ "$1" = sit ]; then
		echo "fd00:db8:9::$2/64"
	else
		echo "198.18.${NET[$1]}.$2/24"
	fi
}

# peer_of KIND: as socat wants it; "plain" is by no tunnel at all
peer_of()
{
	local address

	if [ "$1" = plain ]; then
		echo "TCP4:$PEER"
		return
	fi
	address=$(address_of "$1" "${PEER##*.}")
	if [ "$1" = sit ]; then
		echo "TCP6:[${address%/*}]"
	else
		echo "TCP4:${address%/*}"
	fi
}

# QEMU's e1000e has no checksum for GRE, whatever its driver says
setup_bulk_peer()
{
	setup_peer
	ip netns exec peer ethtool -K peer0 tx off > /dev/null
}

# make_pair KIND: on the master, and the peer's end of it
make_pair()
{
	make "$1" "$MASTER" "$GUEST" "$PEER" || bail "$1: cannot be set up"
	make "$1" peer0 "$PEER" "$GUEST" peer ||
		bail "$1: the peer cannot set it up"
}

# The outer checksum of a packet that has none inside is left to the device
grecsum_answers()
{
	all_answered "" 20 "198.18.${NET[grecsum]}.${PEER##*.}"
}

# serve_by PORT COMMAND: which may need longer for its last answer than the half
# second that socat waits otherwise
serve_by()
{
	ip netns exec peer socat -t $LIMIT \
		"TCP6-LISTEN:$1,fork,reuseaddr,ipv6only=0" SYSTEM:"$2" &
}

# Port 7001 answers with the number of bytes it got, port 7002 sends as many
serve()
{
	serve_by 7001 "wc -c"
	serve_by 7002 "head -c $BYTES /dev/zero"
}

# bulk KIND [NAMESPACE]: both ways; in OUT and IN the bytes that arrived
bulk()
{
	# Not behind timeout, which is busybox's and would run an "ip" of its own
	local in=(${2:+ip netns exec "$2"}) peer

	peer=$(peer_of "$1")
	OUT=$(head -c $BYTES /dev/zero | "${in[@]}" timeout $LIMIT \
		socat -t $LIMIT - "$peer:7001" 2> /dev/null)
	IN=$("${in[@]}" timeout $LIMIT \
		socat -u "$peer:7002" - 2> /dev/null | wc -c)
	[ "${OUT:-0}" -eq $BYTES ] && [ "$IN" -eq $BYTES ] && return
	note "$1: ${OUT:-no answer} of $BYTES bytes out, $IN in"
	return 1
}
