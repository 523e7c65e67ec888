#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a VF cannot send as it is, is done in software, and in order: the checksums
# that a driver with IP_CSUM has not, and packets that have to be cut. Of one TCP
# stream these and others are sent in turn, by two CPUs. And what netpoll sends
# while the VF has no room.
#
# vmtest: smp=2 timeout=400 python=on files=slowpath.py
# vmtest: skips='the guest was so slow'

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bulk_lib.sh"
. "$(dirname "$0")/storm_lib.sh"
. "$(dirname "$0")/vflayer_lib.sh"

readonly PORT=7003 PEER6=fd00:db8::3 TURNS=${BYPASS_TURNS:-20}
tool=$(dirname "$0")/slowpath.py

# out_of_order: segments that came to the peer before one that was sent earlier
out_of_order()
{
	mib TcpExt TCPOFOQueue < <(ip netns exec peer cat /proc/net/netstat)
}

retransmitted()
{
	mib Tcp RetransSegs < /proc/net/snmp
}

listens()
{
	ip netns exec peer grep -q ":$(printf '%04X' "$PORT") .* 0A " \
		/proc/net/tcp6
}

# The sender has CPU 0, and what is sent when an acknowledgment comes CPU 1
interrupts_to_cpu1()
{
	local irq

	for irq in /proc/irq/*/smp_affinity; do
		echo 2 2> /dev/null > "$irq"
	done 2> /dev/null
}

# Datagrams by the same queue, from the CPU of the stream: whoever wakes the queue
# on the other CPU is not the next to send
others_begin()
{
	taskset 1 "$tool" datagrams "$PEER" 9 &
	OTHERS=$!
}

others_end()
{
	kill "$OTHERS"
	wait "$OTHERS" 2> /dev/null
}

# check_order PATH WHEN TURNS
check_order()
{
	local base early again

	interrupts_to_cpu1
	base=$(sent_by "$1")
	early=$(out_of_order)
	again=$(retransmitted)
	check "$2: all arrives" "$tool" turns "$PEER" $PORT "$3"
	early=$(($(out_of_order) - early))
	again=$(($(retransmitted) - again))
	note "$2: $early segments out of order, $again sent again"
	check "$2: in order" [ "$early" -eq 0 ]
	check "$2: by $1" [ $(($(sent_by "$1") - base)) -gt "$3" ]
}

# check_fits WHAT COMMAND...: it works, and the VF can send all of it
check_fits()
{
	local before what=$1
	shift

	before=$(parameter misfits)
	check "checksums, $what: it arrives" "$@"
	check "checksums, $what: the VF can send it" \
		parameter_is misfits "$before"
}

# console_on WHEN
console_on()
{
	if lockdep_watches; then
		skip_result "netconsole, $1" \
			"lockdep reports stock virtio_net, too"
		return 1
	fi
	modprobe netconsole \
		netconsole="6665@$GUEST/$MASTER,6666@$HOST/" ||
		bail "no netconsole"
	# It begins with the whole log, and what is put off goes first
	wait_for parameter_is netpoll_queue 0 || bail "the log does not leave"
}

# has_left N: so many packets in all, by both paths
has_left()
{
	[ $(($(sent_by vf) + $(sent_by standby))) -ge "$1" ]
}

# A panic tells all it has at once, with interrupts off, and what is put off is
# never sent. More lines than the VF's ring takes, but fewer than the virtio ring of
# 256 does besides, since netpoll waits for one tick only, and the host may take
# longer; on the CPU that the VF interrupts.
check_burst()
{
	local lines=200 sent

	console_on "$1" || return
	sent=$(($(sent_by vf) + $(sent_by standby)))
	interrupts_to_cpu1
	taskset 2 tee "$LAYER/print" <<< $lines > /dev/null
	note "$1: $(parameter put_off) of $lines lines were put off"
	check "netconsole, $1: nothing is put off" parameter_is put_off 0
	check_wait "netconsole, $1: all has left" has_left $((sent + lines))
	rmmod netconsole
}

# netpoll sends with interrupts off, perhaps for the last time: what the VF has no
# room for leaves by standby, before anybody else notices
check_console()
{
	local i base switches

	console_on "no room in the VF" || return
	vf_does stop
	base=$(sent_by standby)
	switches=$(count_of "$MASTER" bypass_switch_to_standby)
	for ((i = 0; i < 20; i++)); do
		echo "<1>netconsole without room, line $i" > /dev/kmsg
	done
	switches=$(($(count_of "$MASTER" bypass_switch_to_standby) - switches))
	base=$(($(sent_by standby) - base))
	note "$base of 20 lines left by standby at once"
	check "netconsole, no room in the VF: it leaves" [ "$base" -ge 20 ]
	# As the test is for what leaves before that
	[ "$switches" -eq 0 ] ||
		skip_result "netconsole, no room in the VF: before a switch" \
			"the guest was so slow that standby has taken over"
	vf_does start
	rmmod netconsole
	check_wait "netconsole: the VF is in use" on_vf "$MASTER"
	check "netconsole: traffic afterwards" ping_by vf
}

setup_master
needs_layer
ip address add fd00:db8::2/64 dev "$MASTER" nodad
setup_bulk_peer
ip -n peer address add $PEER6/64 dev peer0 nodad
ip netns exec peer "$tool" serve $PORT &
wait_for listens || bail "the peer does not listen"
make_pair grecsum
check_order standby standby "$TURNS"

layer_on e1000e ip_csum=1
check_burst standby
# The first, see models.sh. Its driver waits for its interrupt if it is polled
plug_vf rtl8139
check_burst rtl8139
unplug_vf
plug_vf e1000e
check "the VF has checksums of IP only" \
	feature_is "$VF" tx-checksum-ip-generic off
check "the master has them all" \
	feature_is "$MASTER" tx-checksum-ip-generic on
check_fits "IPv4" "$tool" plain "$PEER" $PORT
check_fits "IPv6" "$tool" plain $PEER6 $PORT
check_fits "GRE" grecsum_answers
check_fits "IPv6 with an option" "$tool" option $PEER6 $PORT

ethtool -K "$VF" tso off
check_order vf "a VF without TSO" "$TURNS"
# It has room again on CPU 1, and a packet that has to be cut takes long. fq_codel
# would drop some for that, and what follows one is early at the peer. One qdisc
# for all queues takes several packets out at once.
tc qdisc replace dev "$MASTER" root pfifo limit 1000
next_vf pause 5
next_vf slow_check 2000
others_begin
check_order vf "a VF without TSO, and slow" $((4 * TURNS))
others_end
next_vf slow_check 0
# Packets that need not be cut, of a long list
ethtool -K "$MASTER" tso off
next_vf false_wakes 2
check_order vf "a VF that wakes too early" $((4 * TURNS))
next_vf false_wakes 0
next_vf pause 0
vf_does wake
smallest_ring
check_burst e1000e
check_console
unplug_vf
plug_vf virtio-net-pci
check_burst virtio
unplug_vf
finish
