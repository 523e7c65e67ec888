#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What looks at the packets of the master, or sends past its queue, on both
# paths: packet sockets on the master and on the VF, hooks of nftables,
# netconsole, and senders that call the driver without a qdisc.
#
# vmtest: timeout=400

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/storm_lib.sh"

readonly CONSOLE_PORT=6666

is_capturing()
{
	grep -q 'listening on' "/tmp/tcpdump.$1"
}

# tap_on DEV: count the echo requests and replies that pass there
tap_on()
{
	tcpdump -i "$1" -n -U -w "/tmp/$1.pcap" icmp 2> "/tmp/tcpdump.$1" &
	tap=$!
	wait_for is_capturing "$1" || bail "no capture on $1"
}

seen()
{
	tcpdump -n -r "/tmp/$1.pcap" "ip[2:2] = $PING_LENGTH and $2" \
		2> /dev/null | wc -l
}

tap_saw_both()
{
	each_once "$(seen "$1" 'icmp[icmptype] == icmp-echo')" \
		"$(seen "$1" 'icmp[icmptype] == icmp-echoreply')"
}

# check_tap DEV PATH WHEN
check_tap()
{
	tap_on "$1"
	check "$3: traffic with a packet socket on $1" ping_by "$2"
	wait_for tap_saw_both "$1"
	check "$3: it saw each packet once" tap_saw_both "$1"
	kill "$tap"
	wait "$tap"
}

hooks()
{
	local hook

	for hook in ingress egress; do
		count_at $hook "ip protocol icmp ip length $PING_LENGTH" ||
			return 1
	done
}

check_hooks()
{
	check_counted "$2: traffic with hooks of nftables" "$1" counted
	note "$EGRESS packets by the egress hook, $INGRESS by the ingress hook"
	check "$2: the egress hook saw each packet once" [ "$EGRESS" -eq 20 ]
	check "$2: and so did the ingress hook" [ "$INGRESS" -eq 20 ]
}

# has_left N PATH: so many packets in all
has_left()
{
	[ "$(sent_by "$2")" -ge "$1" ]
}

# netpoll: the kernel's log by UDP, sent with interrupts off. A line that finds
# the queue's lock taken is sent later, from a work.
console_arrives()
{
	local i count base

	vmhost capture start "$1" in "udp port $CONSOLE_PORT"
	base=$(sent_by "$1")
	for ((i = 0; i < 20; i++)); do
		echo "<1>netconsole by $1, line $i" > /dev/kmsg
	done
	wait_for has_left $((base + 20)) "$1"
	count=$(vmhost capture stop "$1")
	note "$count lines of the log came by $1"
	[ "$count" -ge 20 ]
}

check_console()
{
	if lockdep_watches; then
		skip_result "$2: netconsole" \
			"lockdep reports stock virtio_net, too"
	else
		check "$2: netconsole" console_arrives "$1"
	fi
}

# pktgen calls ndo_start_xmit, as a packet socket with PACKET_QDISC_BYPASS does
sent_directly()
{
	local base

	base=$(sent_by "$1")
	storm_begin
	wait_for stream_runs "$1" "$base"
	storm_end
	stream_runs "$1" "$base"
}

check_taps()
{
	check_tap "$MASTER" "$1" "$2"
	[ "$1" = standby ] || check_tap "$VF" "$1" "$2"
	check_hooks "$1" "$2"
	check_console "$1" "$2"
	check "$2: sent without a qdisc" sent_directly "$1"
	check "$2: traffic afterwards" ping_by "$1"
}

setup_master
storm_setup
for_each_storm xmit_mode start_xmit
throttle 100000
hooks || bail "no hooks of nftables"
lockdep_watches ||
	modprobe netconsole \
		 netconsole="6665@$GUEST/$MASTER,$CONSOLE_PORT@$HOST/" ||
	bail "no netconsole"
on_each_path check_taps
lockdep_watches || rmmod netconsole
finish
