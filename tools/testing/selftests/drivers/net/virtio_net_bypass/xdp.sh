#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A native XDP program on the master runs on both paths and stays through a
# switch: in the VF's driver where that can run it, in the stack where not.
# Drop, pass, XDP_TX, and XDP_REDIRECT to the master are seen by a peer that
# sends echo requests of different sizes (xdp.bpf.c).
#
# vmtest: timeout=500 skips='the veth drops them'

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/settings_lib.sh"
. "$(dirname "$0")/vflayer_lib.sh"

OBJECT=$(dirname "$0")/xdp.bpf.o
readonly OBJECT PASS=100 DROP=300 TX=400 REDIRECT=500
# More than a page has room for beside an skb's own data
readonly LARGE=3800
# Nanoseconds, what fits into QEMU's 32 bits
readonly LONGEST_TIMER=4000000000
# Frames of a ring of 256; virtio_net stops its queue if it has no room for a packet
# of 17 fragments and two more
readonly RING_FULL=240 RING_FILL=250
# Bytes, more than a socket may have
readonly SOCKET_BUFFER=1000000

reaches()
{
	asked "$PASS"
}

check_program()
{
	check_wait "$1, $3: passes" reaches
	check "$1, $3: passes all" asked_by "$2" "$PASS"
	check "$1, $3: drops" unanswered "$DROP"
	stack_answers 0
	check "$1, $3: the stack keeps quiet" unanswered "$PASS"
	check "$1, $3: XDP_TX" asked_by "$2" "$TX"
	check "$1, $3: XDP_REDIRECT to the master" asked_by "$2" "$REDIRECT"
	stack_answers 1
	[ "$2" = vf ] || return
	check "$1, $3: runs where it should" \
		logged "XDP program runs on VF $VF in $(place)"
}

# Where it runs, by what the log says
place()
{
	case $(driver_of "$VF") in
	virtio_net) echo "its driver" ;;
	vmxnet3) [ "$(program_is_native_on_vmxnet3)" ] && echo "its driver" ||
		echo "the stack" ;;
	*) echo "the stack" ;;
	esac
}

# Linux 6.6 taught it to vmxnet3; the driver says so by its counters
program_is_native_on_vmxnet3()
{
	ethtool -S "$VF" | grep xdp
}

attach()
{
	ip "$@" link set dev "$MASTER" xdpdrv obj "$OBJECT" sec xdp
}

detach()
{
	ip link set dev "$MASTER" xdpdrv off
}

# A veth makes two pieces of a frame of that size. A VF that takes frames in one
# piece only gets them as packets.
check_pieces()
{
	local base

	ip link set dev "$MASTER" mtu $LARGE ||
		bail "no MTU of $LARGE"
	layer_on e1000e takes_frames=1
	plug_vf e1000e
	check "frames in pieces: the program is the VF's" \
		logged "XDP program runs on VF $VF in its driver"
	ip netns add source
	ip link add veth0 mtu $LARGE type veth \
		peer name veth1 mtu $LARGE netns source
	ip link set dev veth0 up
	ip -n source link set dev veth1 up
	ip -n source address add 198.18.20.1/24 dev veth1
	ip -n source neighbour add 198.18.20.2 lladdr "$PEER_MAC" dev veth1
	ip link set dev veth0 xdpdrv obj "$OBJECT" sec xdp.frags ||
		bail "the program of the veth cannot be attached"
	base=$(statistic "$VF" tx_bytes)
	ip netns exec source ping -q -c 20 -i 0.02 -W 1 -s $((LARGE - 28)) \
		198.18.20.2 > /dev/null
	# Linux 6.1's makes none
	if [ "$(statistic veth0 rx_dropped)" -ge 20 ]; then
		skip_result "frames in pieces: they leave whole" \
			"the veth drops them"
	else
		check "frames in pieces: they leave whole" [ $(($(statistic \
			"$VF" tx_bytes) - base)) -ge $((20 * LARGE)) ]
	fi
	check "frames in pieces: the VF's driver gets none" parameter_is misfits 0
	ip link del veth0
	ip netns del source
	unplug_vf
	layer_off
	ip link set dev "$MASTER" mtu 1500
}

# sent_by_program: frames that XDP_TX has given to standby
sent_by_program()
{
	ethtool -S "$MASTER" |
		awk '/ tx_queue_[0-9]*_xdp_tx:| tx_xdp_tx:/ { n += $2 }
		     END { print n + 0 }'
}

# ring_is_full SENT: it was empty when so many had been sent
ring_is_full()
{
	[ $(($(sent_by_program) - $1)) -ge "$RING_FULL" ]
}

# ring_is_held REPLIES: the peer has had so many answers before. By the first one
# the device has emptied the ring. It does so for a frame that has no room, too
# (virtqueue_add(), "for historical reasons").
ring_is_held()
{
	[ "$(echo_replies ip netns exec peer)" -eq "$1" ]
}

# A frame may be lost, or the guest be slower than the timer
full_or_emptied()
{
	ring_is_full "$1" || ! ring_is_held "$2"
}

# At once: the buffer that ping's socket has otherwise holds a few of them
goes_on_while_full()
{
	local sent replies sender status=0

	sent=$(sent_by_program)
	replies=$(echo_replies ip netns exec peer)
	ip netns exec peer ping -q -c "$RING_FILL" -l "$RING_FILL" -W 9 \
		-s "$TX" -S "$SOCKET_BUFFER" "$GUEST" > /dev/null &
	sender=$!
	wait_for full_or_emptied "$sent" "$replies"
	ring_is_full "$sent" && ping -q -c 1 -W 1 "$HOST" &&
		ring_is_held "$replies" || status=1
	wait "$sender"
	return "$status"
}

# Frames that a program sends by standby fill its ring, which the device empties
# by its timer. The master's queue, by which the VF's traffic goes, too, does not
# stop for that. A slow guest may need more than one try.
check_full_ring()
{
	vmhost standby opts "tx=timer,x-txtimer=$LONGEST_TIMER" ||
		bail "no virtio NIC"
	take_master
	attach || bail "the program cannot be attached"
	plug_vf e1000e
	vmhost path standby
	wait_for reaches || bail "the peer does not reach the master"
	check_wait "XDP_TX fills standby's ring: the VF goes on" \
		goes_on_while_full
	unplug_vf
}

setup_master
[ -e "$OBJECT" ] || skip_all "xdp.bpf.o is not built: needs bpf-gcc or clang"
check "the master is netdev 2, as the program assumes" \
	[ "$(cat "/sys/class/net/$MASTER/ifindex")" -eq 2 ]
setup_peer
attach || bail "the program cannot be attached"
MODELS="virtio-net-pci vmxnet3 e1000e igbvf"
if [ -e /proc/lockdep ]; then
	skip_result vmxnet3 "its driver reads its program without RCU"
	MODELS=${MODELS/vmxnet3/}
fi
on_each_path check_program XDP
check_program XDP standby "after the last unplug"

# A redirect from the standby path's driver to a VF whose driver takes none
plug_vf e1000e
vmhost path standby
stack_answers 0
tcpdump -nn -i "$MASTER" icmp > captured 2> tcpdump.log &
capture=$!
wait_for grep -q listening tcpdump.log
count_at egress 'ip protocol icmp'
seen=$(counted egress)
check "received on standby, redirected by the VF" asked_by vf "$REDIRECT"
check "redirected: a filter of the master sees them" \
	[ $(($(counted egress) - seen)) -ge 20 ]
check "redirected: with a network header" fails logged 'is buggy'
nft delete table netdev bypass
kill "$capture"
stack_answers 1
vmhost path vf
detach
check "detached with a VF: nothing drops any more" asked_by vf "$DROP"
attach
check "attached with a VF: drops" unanswered "$DROP"
unplug_vf

plug_vf virtio-net-pci
check "attached before: drops" unanswered "$DROP"
detach
check "detached with a native VF" asked_by vf "$DROP"
check "the VF has none left" [ -z "$(program_of "$VF")" ]
attach
check "attached with a native VF: drops" unanswered "$DROP"
attach -force
check "replaced: drops" unanswered "$DROP"
check "replaced: XDP_TX" asked_by vf "$TX"
unplug_vf
check "and on standby" unanswered "$DROP"

# Below the limit that igb shows, but too large for a program
plug_vf igb
check "a program runs on igb" unanswered "$DROP"
check "an MTU that the VF cannot take now is refused" \
	fails ip link set dev "$MASTER" mtu 4000
check "with one line" \
	[ "$(dmesg | grep -c "MTU 4000 refused by VF $VF")" -eq 1 ]
check "the master keeps its MTU" mtu_is "$MASTER" 1500
check "and the VF" mtu_is "$VF" 1500
unplug_vf
if has_layer; then
	check_pieces
else
	skip_result "frames in pieces" "needs test_vf.ko"
fi
detach
check "detached on standby" asked_by standby "$DROP"

# A generic program runs on what both paths deliver
ip link set dev "$MASTER" xdpgeneric obj "$OBJECT" sec xdp
check "generic on standby: drops" unanswered "$DROP"
plug_vf e1000e
check "generic with a VF: drops" unanswered "$DROP"
check "generic with a VF: XDP_TX" asked_by vf "$TX"
# More at once than BQL lets a qdisc have on its way
check "generic with a VF: a burst of XDP_TX" \
	all_answered "ip netns exec peer" 60 -l 60 -s "$TX" "$GUEST"
unplug_vf
check_full_ring
finish
