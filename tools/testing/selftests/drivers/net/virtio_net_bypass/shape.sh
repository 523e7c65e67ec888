#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The qdisc of the master is the only queue, so what a user has put there
# shapes both paths alike; and each kind of qdisc carries traffic on each path.
#
# vmtest: smp=2 timeout=500

. "$(dirname "$0")/lib.sh"

# bit/s. The burst of 20 kB is 160 ms then: a guest that does nothing for longer
# gives some of its rate away
readonly RATE=1000000

# The rate at which UDP of twice the rate leaves, by the bytes of the tap
rate_by()
{
	local before after start end

	before=$(vmhost counters "$1" | cut -d' ' -f3)
	start=$(cut -d' ' -f1 /proc/uptime)
	iperf -u -b $((RATE * 2)) -l 1000 -t 5 > /dev/null || return 1
	after=$(vmhost counters "$1" | cut -d' ' -f3)
	end=$(cut -d' ' -f1 /proc/uptime)
	awk -v b=$((after - before)) -v s="$start" -v e="$end" \
		'BEGIN { printf "%d\n", b * 8 / (e - s) }'
}

# Not above the rate, and not far below: iperf3's start and end count as time. A
# guest that had to wait for its CPUs gets another try.
shaped()
{
	local rate try

	for try in 1 2 3; do
		rate=$(rate_by "$1") || return 1
		note "$rate bit/s by $1, try $try"
		[ "$rate" -lt $((RATE * 11 / 10)) ] || return 1
		[ "$rate" -le $((RATE / 2)) ] || return 0
	done
	return 1
}

check_shaped()
{
	check "$1, $3: the rate holds" shaped "$2"
}

check_works()
{
	check "$1, $3: traffic" ping_by "$2"
	check "$1, $3: it is still there" \
		[ "$(tc qdisc show dev "$MASTER" root | grep -c "^qdisc $1 ")" -eq 1 ]
}

# A handle of its own for each, since one cannot change the kind of a qdisc
qdisc()
{
	major=$((${major:-0} + 1))
	tc qdisc replace dev "$MASTER" root handle "$major": "$@" ||
		bail "no qdisc $1"
}

setup_master
vmhost iperf-server start

# All VFs once; nothing of it is for their drivers
qdisc tbf rate ${RATE}bit burst 20kb latency 100ms
on_each_path check_shaped tbf

qdisc htb default 1
tc class add dev "$MASTER" parent "$major:" classid "$major:1" htb rate ${RATE}bit burst 20kb
MODELS="vmxnet3 igbvf" on_each_path check_shaped htb

qdisc fq maxrate ${RATE}bit
MODELS="e1000e virtio-net-pci" on_each_path check_shaped fq

qdisc fq_codel
MODELS="vmxnet3 igbvf" on_each_path check_works fq_codel

# Two queues, as the VF has; the master gets the second one with it
plug_vf vmxnet3
qdisc mqprio num_tc 2 map 0 1 queues 1@0 1@1 hw 0
check_works mqprio vf "VF"
unplug_vf
check_works mqprio standby "after the unplug"
plug_vf vmxnet3
check_works mqprio vf "after the re-plug"
unplug_vf
tc qdisc del dev "$MASTER" root

# Hooks around the queue see each packet of both paths once
hits()
{
	tc -s filter show dev "$MASTER" "$1" |
		sed -n 's/.*Sent [0-9]* bytes \([0-9]*\) pkt.*/\1/p' | head -n 1
}

check_hooks()
{
	check_counted "clsact, $2: traffic" "$1" hits
	check "clsact, $2: each packet once" each_once "$EGRESS" "$INGRESS"
}

tc qdisc add dev "$MASTER" clsact
tc filter add dev "$MASTER" egress protocol ip u32 \
	match u16 $PING_LENGTH 0xffff at 2 action pass
tc filter add dev "$MASTER" ingress protocol ip u32 \
	match u16 $PING_LENGTH 0xffff at 2 action pass
on_each_path check_hooks
finish
