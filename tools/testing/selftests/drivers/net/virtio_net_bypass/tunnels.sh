#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TCP in bulk, both ways, through what stands on the master: VLANs, macvlan,
# ipvlan and tunnels. What of it the VF cannot do is done in software. A pair
# that fails is tried with the VF alone: what its driver or QEMU's model gets
# wrong by itself is none of ours, and is said.
#
# vmtest: timeout=600 smp=2 skips='nor does the VF alone'

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bulk_lib.sh"

# rtl8139 first, see models.sh. It has checksums for IPv4 only, and inserts tags
if [ "${BYPASS_FULL:-}" ]; then
	readonly VFS="rtl8139 e1000e vmxnet3 virtio-net-pci igbvf"
else
	readonly VFS=${BYPASS_VFS:-rtl8139}
fi
readonly BARE=192.0.2.4 BARE_MAC=52:54:00:77:00:02
# Those stand on the master at once; a bridge needs it alone
readonly KINDS="vlan qinq macvlan ipvlan ipip gre grecsum gretap sit vxlan
	geneve"

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
	if bare "$1" "$2"; then
		report 1 "$1, $2: TCP out and in"
	else
		skip_result "$1, $2: TCP out and in" "nor does the VF alone"
	fi
}

setup_master
setup_bulk_peer
serve
for kind in $KINDS; do
	make_pair "$kind"
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
	# That is to be the first, and is where CI runs this
	[ "$model" != rtl8139 ] || [ "$VFS" = rtl8139 ] || continue
	plug_vf "$model"
	# A VF's switch passes VLANs that it was told of, promiscuous or not
	if [ "$model" = igbvf ]; then
		ip link set dev u-bridge type bridge vlan_filtering 1
		bridge vlan add vid 11 dev u-bridge self
		bridge vlan add vid 11 dev "$MASTER"
	fi
	check_bulk "$model" brvlan
	unplug_vf
done
finish
