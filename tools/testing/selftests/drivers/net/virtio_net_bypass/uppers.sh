#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What stands on the master works on both paths: VLANs, macvlan, ipvlan,
# MACsec, a tunnel, and as the only port of a bridge, a bond and a team.
#
# vmtest: timeout=900

. "$(dirname "$0")/lib.sh"

readonly NET=198.51.100
readonly KEY=0123456789abcdef0123456789abcdef

upper()
{
	ip link add link "$MASTER" name upper0 "$@"
}

# On the peer's side, above its NIC
peer_upper()
{
	ip -n peer link add link peer0 name upper0 "$@"
}

make_vlan()
{
	upper type vlan id 7 && peer_upper type vlan id 7
}

make_stag()
{
	upper type vlan proto 802.1ad id 8 &&
		peer_upper type vlan proto 802.1ad id 8
}

make_macvlan()
{
	upper type macvlan mode bridge && peer_upper type macvlan mode bridge
}

make_ipvlan()
{
	upper type ipvlan mode l2 && peer_upper type macvlan mode bridge
}

# macsec_keys MAC-OF-THE-OTHER IP-COMMAND...
macsec_keys()
{
	local other=$1
	shift

	"$@" macsec add upper0 tx sa 0 pn 1 on key 01 "$KEY" &&
		"$@" macsec add upper0 rx port 1 address "$other" &&
		"$@" macsec add upper0 rx port 1 address "$other" sa 0 pn 1 \
			on key 01 "$KEY"
}

make_macsec()
{
	upper type macsec port 1 encrypt on &&
		peer_upper type macsec port 1 encrypt on &&
		macsec_keys "$PEER_MAC" ip &&
		macsec_keys "$(cat "/sys/class/net/$MASTER/address")" ip -n peer
}

make_vxlan()
{
	ip link add upper0 type vxlan id 42 remote "$PEER" local "$GUEST" \
		dstport 4789 dev "$MASTER" &&
		ip -n peer link add upper0 type vxlan id 42 remote "$GUEST" \
			local "$PEER" dstport 4789 dev peer0
}

# As a port: the master has no address of its own then
make_bridge()
{
	ip link add upper0 type bridge && ip link set dev "$MASTER" master upper0 &&
		peer_upper type macvlan mode bridge
}

make_bond()
{
	ip link add upper0 type bond mode active-backup miimon 100 &&
		ip link set dev "$MASTER" down &&
		ip link set dev "$MASTER" master upper0 &&
		peer_upper type macvlan mode bridge
}

# A team gives its ports its own address, which has to be the master's then
make_team()
{
	ip link add upper0 address "$(cat "/sys/class/net/$MASTER/address")" \
		type team && teamnl upper0 setoption mode roundrobin &&
		ip link set dev "$MASTER" down &&
		ip link set dev "$MASTER" master upper0 &&
		peer_upper type macvlan mode bridge
}

answers()
{
	ping -q -c 1 -W 1 "$NET.3" > /dev/null
}

check_upper()
{
	local before

	check_wait "$1, $3: it answers" answers
	before=$(sent_by "$2")
	check "$1, $3: nothing is lost" all_answered "" 20 "$NET.3"
	check "$1, $3: it took that path" \
		[ $(($(sent_by "$2") - before)) -ge 20 ]
}

unmake()
{
	ip link del upper0
	ip -n peer link del upper0
	ip link set dev "$MASTER" up
	ip address replace "$GUEST/24" dev "$MASTER"
}

# QEMU's vmxnet3 takes an 802.1ad tag for one of 802.1Q
models_for()
{
	case $1 in
	stag) echo e1000e virtio-net-pci ;;
	*) echo "$MODELS" ;;
	esac
}

setup_master
setup_peer
for kind in vlan stag macvlan ipvlan macsec vxlan bridge bond team; do
	if ! "make_$kind"; then
		check "$kind: can be set up" false
		unmake
		continue
	fi
	ip address add "$NET".2/24 dev upper0
	ip link set dev upper0 up
	ip link set dev "$MASTER" up
	ip -n peer address add "$NET.3"/24 dev upper0
	ip -n peer link set dev upper0 up
	MODELS=$(models_for $kind) on_each_path check_upper "$kind"
	unmake
done
check_wait "the master on its own again" reach_host
finish
