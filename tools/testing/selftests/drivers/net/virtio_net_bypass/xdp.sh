#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A native XDP program on the master runs on both paths and stays through a
# switch: in the VF's driver where that can run it, in the stack where not.
# Drop, pass, XDP_TX, and XDP_REDIRECT to the master are seen by a peer that
# sends echo requests of different sizes (xdp.bpf.c).
#
# vmtest: timeout=500

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/settings.sh"

OBJECT=$(dirname "$0")/xdp.bpf.o
readonly OBJECT PASS=100 DROP=300 TX=400 REDIRECT=500

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
finish
