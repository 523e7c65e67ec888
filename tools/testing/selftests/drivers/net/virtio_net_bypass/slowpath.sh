#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a VF cannot send as it is, is done in software, and in order: the checksums
# that a driver with IP_CSUM has not, and packets that have to be cut. Of one TCP
# stream these and others are sent in turn, by two CPUs. And what netpoll sends
# while the VF has no room.
#
# vmtest: smp=2 timeout=300 python=on files=slowpath.py

. "$(dirname "$0")/lib.sh"

readonly PARAMETERS=/sys/module/test_vf/parameters
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

# check_order PATH WHEN
check_order()
{
	local base early again

	interrupts_to_cpu1
	base=$(sent_by "$1")
	early=$(out_of_order)
	again=$(retransmitted)
	check "$2: all arrives" "$tool" turns "$PEER" $PORT "$TURNS"
	early=$(($(out_of_order) - early))
	again=$(($(retransmitted) - again))
	note "$2: $early segments out of order, $again sent again"
	check "$2: in order" [ "$early" -eq 0 ]
	check "$2: by $1" [ $(($(sent_by "$1") - base)) -gt "$TURNS" ]
}

misfits()
{
	cat "$PARAMETERS/misfits"
}

# check_fits WHAT COMMAND...: it works, and the VF can send all of it
check_fits()
{
	local before what=$1
	shift

	before=$(misfits)
	check "checksums, $what: it arrives" "$@"
	check "checksums, $what: the VF can send it" \
		[ "$(misfits)" -eq "$before" ]
}

# make_gre IP-COMMAND... OWN OTHER: with a checksum of its own
make_gre()
{
	local own=${*: -2:1} other=${*: -1}

	set -- "${@:1:$#-2}"
	"$@" link add gre1 type gre key 3 csum local "$own" remote "$other" ttl 64
	"$@" address add "198.18.7.${own##*.}/24" dev gre1
	"$@" link set dev gre1 up
}

# netpoll sends with interrupts off, perhaps for the last time: what the VF has no
# room for leaves by standby, before anybody else notices
check_console()
{
	local i base switches

	modprobe netconsole \
		netconsole="6665@$GUEST/$MASTER,6666@$HOST/" ||
		bail "no netconsole"
	echo stop > "$PARAMETERS/command"
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
	echo start > "$PARAMETERS/command"
	rmmod netconsole
	check_wait "netconsole: the VF is in use" on_vf "$MASTER"
	check "netconsole: traffic afterwards" ping_by vf
}

setup_master
ip address add fd00:db8::2/64 dev "$MASTER" nodad
setup_peer
ip -n peer address add $PEER6/64 dev peer0 nodad
# QEMU's e1000e has no checksum for GRE, whatever its driver says
ip netns exec peer ethtool -K peer0 tx off > /dev/null
ip netns exec peer "$tool" serve $PORT &
wait_for listens || bail "the peer does not listen"
make_gre ip "$GUEST" "$PEER"
make_gre ip -n peer "$PEER" "$GUEST"
check_order standby standby

modprobe test_vf driver=e1000e ip_csum=1 2> /dev/null ||
	skip_all "needs test_vf.ko"
plug_vf e1000e
check "the VF has checksums of IP only" \
	feature_is "$VF" tx-checksum-ip-generic off
check "the master has them all" \
	feature_is "$MASTER" tx-checksum-ip-generic on
check_fits "IPv4" "$tool" plain "$PEER" $PORT
check_fits "IPv6" "$tool" plain $PEER6 $PORT
check_fits "GRE" all_answered "" 20 -W 1 "198.18.7.${PEER##*.}"
check_fits "IPv6 with an option" "$tool" option $PEER6 $PORT

ethtool -K "$VF" tso off
check_order vf "a VF without TSO"
check_console
unplug_vf
finish
