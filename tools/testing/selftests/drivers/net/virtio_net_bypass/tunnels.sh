#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TCP in bulk, both ways, through what stands on the master: VLANs, macvlan,
# ipvlan and tunnels. What of it the VF cannot do is done in software. A pair
# that fails is tried with the VF alone: what its driver or QEMU's model gets
# wrong by itself is none of ours, and is said.
#
# vmtest: timeout=600 smp=2

. "$(dirname "$0")/lib.sh"

# rtl8139 first, see models.sh. It has checksums for IPv4 only, and inserts tags
if [ "${BYPASS_FULL:-}" ]; then
	readonly VFS="rtl8139 e1000e vmxnet3 virtio-net-pci igbvf"
else
	readonly VFS=${BYPASS_VFS:-rtl8139}
fi
readonly BYTES=200000 LIMIT=12
readonly BARE=192.0.2.4 BARE_MAC=52:54:00:77:00:02
# Those stand on the master at once; a bridge needs it alone
readonly KINDS="vlan qinq macvlan ipvlan ipip gre grecsum gretap sit vxlan
	geneve"
# The third octet of their addresses
declare -A NET=([vlan]=1 [qinq]=2 [macvlan]=3 [ipvlan]=4 [ipip]=5 [gre]=6
	[grecsum]=7 [gretap]=8 [sit]=9 [vxlan]=10 [geneve]=11 [brvlan]=12)

# make KIND DEV OWN OTHER [NAMESPACE]: on DEV, whose address is OWN
make()
{
	local kind=$1 dev=$2 own=$3 other=$4 name=u-$1
	local ip=(ip ${5:+-n "$5"})

	case $kind in
	vlan)
		"${ip[@]}" link add link "$dev" name "$name" type vlan id 7
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

# peer_of KIND: as socat wants it
peer_of()
{
	local address

	address=$(address_of "$1" "${PEER##*.}")
	if [ "$1" = sit ]; then
		echo "TCP6:[${address%/*}]"
	else
		echo "TCP4:${address%/*}"
	fi
}

# Port 7001 answers with the number of bytes it got, port 7002 sends as many
serve()
{
	ip netns exec peer socat TCP6-LISTEN:7001,fork,reuseaddr,ipv6only=0 \
		SYSTEM:"wc -c" &
	ip netns exec peer socat TCP6-LISTEN:7002,fork,reuseaddr,ipv6only=0 \
		SYSTEM:"head -c $BYTES /dev/zero" &
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
	[ "${OUT:-0}" -eq $BYTES ] && [ "$IN" -eq $BYTES ]
}

# bare MODEL KIND: the same by a VF of that model that nobody has enslaved
bare()
{
	local works

	case $1 in
	virtio-net-pci)
		return 0
		;;
	igbvf)
		# QEMU's igb looks for TCP and UDP in the outer packet only, so
		# it needs no second PF to know
		case $2 in
		ipip | gre* | sit | vxlan | geneve) return 1 ;;
		*) return 0 ;;
		esac
		;;
	esac
	vmhost plug "$1" id=bare pair=no mac="$BARE_MAC" ||
		bail "no VF of its own"
	wait_for mac_is_there "$BARE_MAC" || bail "the VF alone did not come"
	ip netns add bare
	ip link set dev "$(netdev_of_mac "$BARE_MAC")" netns bare name bare0
	ip -n bare address add "$BARE/24" dev bare0
	ip -n bare link set dev bare0 up
	wait_for ip netns exec bare ping -q -c 1 -W 1 "$PEER" ||
		bail "the VF alone does not reach the peer"
	[ "$2" != ipvlan ] || make vlan bare0 "$BARE" "$PEER" bare
	make "$2" bare0 "$BARE" "$PEER" bare
	# The peer's end of a tunnel has one address on the other side
	retarget "$2" "$BARE"
	bulk "$2" bare
	works=$?
	note "$1 alone, $2: $OUT bytes out, $IN in"
	retarget "$2" "$GUEST"
	ip netns del bare
	vmhost unplug bare timeout="$UNPLUG_WAIT" > /dev/null
	return $works
}

# retarget KIND ADDRESS: the peer's end of a tunnel goes there
retarget()
{
	case $1 in
	ipip | gre | grecsum | gretap | sit | vxlan | geneve)
		ip -n peer link del "u-$1"
		make "$1" peer0 "$PEER" "$2" peer
		;;
	esac
}

# The outer checksum of a packet that has none inside is left to the device
grecsum_answers()
{
	all_answered "" 20 "198.18.${NET[grecsum]}.${PEER##*.}"
}

# check_standby WHEN KINDS
check_standby()
{
	local kind

	for kind in $2; do
		check "$1, $kind: TCP out and in" bulk "$kind"
	done
}

# check_bulk MODEL KIND
check_bulk()
{
	local sent

	sent=$(sent_by vf)
	if bulk "$2"; then
		report 0 "$1, $2: TCP out and in"
		check "$1, $2: by the VF" \
			[ $(($(sent_by vf) - sent)) -gt $((BYTES / 65536)) ]
		return
	fi
	note "$1, $2: $OUT bytes out, $IN in"
	if bare "$1" "$2"; then
		report 1 "$1, $2: TCP out and in"
	else
		skip_result "$1, $2: TCP out and in" "nor does the VF alone"
	fi
}

setup_master
setup_peer
# QEMU's e1000e has no checksum for GRE, whatever its driver says
ip netns exec peer ethtool -K peer0 tx off > /dev/null
serve
for kind in $KINDS; do
	make "$kind" "$MASTER" "$GUEST" "$PEER" ||
		bail "$kind: cannot be set up"
	make "$kind" peer0 "$PEER" "$GUEST" peer ||
		bail "$kind: the peer cannot set it up"
done
check_standby "standby" "${BYPASS_FULL:+$KINDS}"
check "standby: no tags are inserted" feature_is "$MASTER" tx-vlan-offload off
for model in $VFS; do
	plug_vf "$model"
	for kind in $KINDS; do
		check_bulk "$model" "$kind"
	done
	# QEMU's other models say that they have any checksum, and have not
	[ "$model" != rtl8139 ] ||
		check "$model, grecsum: nothing is lost" grecsum_answers
	check "$model: the master inserts tags as the VF does" feature_is \
		"$MASTER" tx-vlan-offload "$(feature "$VF" tx-vlan-offload)"
	vmhost path standby
	vf_set down
	check_standby "$model, down" "vlan qinq vxlan"
	vf_set up
	unplug_vf
	check "$model, gone: no tags are inserted" \
		feature_is "$MASTER" tx-vlan-offload off
done

for kind in $KINDS; do
	ip link del "u-$kind" 2> /dev/null
	ip -n peer link del "u-$kind" 2> /dev/null
done
ip link del u-outer
ip -n peer link del u-outer
make brvlan "$MASTER" "$GUEST" "$PEER"
ip -n peer link add link peer0 name u-brvlan type vlan id 11
ip -n peer address add "$(address_of brvlan "${PEER##*.}")" dev u-brvlan
ip -n peer link set dev u-brvlan up
check "standby, VLAN on a bridge: TCP out and in" bulk brvlan
for model in $VFS; do
	plug_vf "$model"
	check_bulk "$model" brvlan
	unplug_vf
done
finish
