#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What stands on the master works on both paths: VLANs, macvlan, ipvlan,
# MACsec, a tunnel, and as the only port of a bridge, a bond and a team.
#
# vmtest: timeout=900

. "$(dirname "$0")/lib.sh"

readonly KEY=0123456789abcdef0123456789abcdef
# Those in a row stand on the master at once
readonly GROUPS_OF_KINDS=("vlan stag vxlan macvlan" ipvlan macsec bridge bond
	team)
# The third octet of their addresses
declare -A NET=([vlan]=1 [stag]=2 [vxlan]=3 [macvlan]=4 [ipvlan]=5 [macsec]=6
	[bridge]=7 [bond]=8 [team]=9)

# upper KIND OPTIONS...
upper()
{
	ip link add link "$MASTER" name "u-$1" "${@:2}"
}

# On the peer's side, above its NIC
peer_upper()
{
	ip -n peer link add link peer0 name "u-$1" "${@:2}"
}

make_vlan()
{
	upper vlan type vlan id 7 && peer_upper vlan type vlan id 7
}

make_stag()
{
	upper stag type vlan proto 802.1ad id 8 &&
		peer_upper stag type vlan proto 802.1ad id 8
}

make_macvlan()
{
	upper macvlan type macvlan mode bridge &&
		peer_upper macvlan type macvlan mode bridge
}

make_ipvlan()
{
	upper ipvlan type ipvlan mode l2 &&
		peer_upper ipvlan type macvlan mode bridge
}

# macsec_keys MAC-OF-THE-OTHER IP-COMMAND...
macsec_keys()
{
	local other=$1
	shift

	"$@" macsec add u-macsec tx sa 0 pn 1 on key 01 "$KEY" &&
		"$@" macsec add u-macsec rx port 1 address "$other" &&
		"$@" macsec add u-macsec rx port 1 address "$other" sa 0 pn 1 \
			on key 01 "$KEY"
}

make_macsec()
{
	upper macsec type macsec port 1 encrypt on &&
		peer_upper macsec type macsec port 1 encrypt on &&
		macsec_keys "$PEER_MAC" ip &&
		macsec_keys "$(cat "/sys/class/net/$MASTER/address")" ip -n peer
}

make_vxlan()
{
	ip link add u-vxlan type vxlan id 42 remote "$PEER" local "$GUEST" \
		dstport 4789 dev "$MASTER" &&
		ip -n peer link add u-vxlan type vxlan id 42 remote "$GUEST" \
			local "$PEER" dstport 4789 dev peer0
}

# As a port: the master has no address of its own then
make_bridge()
{
	ip link add u-bridge type bridge &&
		ip link set dev "$MASTER" master u-bridge &&
		peer_upper bridge type macvlan mode bridge
}

make_bond()
{
	ip link add u-bond type bond mode active-backup miimon 100 &&
		ip link set dev "$MASTER" down &&
		ip link set dev "$MASTER" master u-bond &&
		peer_upper bond type macvlan mode bridge
}

# A team gives its ports its own address, which has to be the master's then
make_team()
{
	ip link add u-team address "$(cat "/sys/class/net/$MASTER/address")" \
		type team && teamnl u-team setoption mode roundrobin &&
		ip link set dev "$MASTER" down &&
		ip link set dev "$MASTER" master u-team &&
		peer_upper team type macvlan mode bridge
}

answers()
{
	ping -q -c 1 -W 1 "$1" > /dev/null
}

# QEMU's vmxnet3 takes an 802.1ad tag for one of 802.1Q
works_with()
{
	[ "$1" != stag ] || [ "$2" != "VF vmxnet3" ]
}

# check_uppers PATH WHEN
check_uppers()
{
	local kind before address

	for kind in "${made[@]}"; do
		works_with "$kind" "$2" || continue
		address=198.18.${NET[$kind]}.3
		check_wait "$kind, $2: it answers" answers "$address"
		before=$(sent_by "$1")
		check "$kind, $2: nothing is lost" all_answered "" 20 "$address"
		check "$kind, $2: it took that path" \
			[ $(($(sent_by "$1") - before)) -ge 20 ]
	done
}

# make KIND: on both sides, with addresses
make()
{
	local net=198.18.${NET[$1]}

	"make_$1" || return 1
	ip address add "$net.2/24" dev "u-$1"
	ip link set dev "u-$1" up
	ip link set dev "$MASTER" up
	ip -n peer address add "$net.3/24" dev "u-$1"
	ip -n peer link set dev "u-$1" up
}

unmake()
{
	ip link del "u-$1"
	ip -n peer link del "u-$1"
}

setup_master
setup_peer
for group in "${GROUPS_OF_KINDS[@]}"; do
	read -ra kinds <<< "$group"
	made=()
	for kind in "${kinds[@]}"; do
		if make "$kind"; then
			made+=("$kind")
		else
			check "$kind: can be set up" false
		fi
	done
	on_each_path check_uppers
	for kind in "${kinds[@]}"; do
		unmake "$kind"
	done
	ip link set dev "$MASTER" up
	ip address replace "$GUEST/24" dev "$MASTER"
done
check_wait "the master on its own again" reach_host
finish
