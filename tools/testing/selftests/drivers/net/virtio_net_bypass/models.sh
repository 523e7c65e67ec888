#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# VFs of different drivers pair, carry traffic and leave cleanly. One virtio
# queue pair feeds all queues of a VF that has four.
#
# vmtest: smp=4 timeout=500 built-in=yes

. "$(dirname "$0")/lib.sh"

# Packets by each tx queue of a vmxnet3
queue_packets()
{
	ethtool -S "$1" |
		awk '/^ *Tx Queue#:/ { q = $3 }
		     /ucast pkts tx:/ { print q, $NF }'
}

all_queues_used()
{
	local queue packets n=0

	while read -r queue packets; do
		note "tx queue $queue: $packets packets"
		[ "$packets" -gt 0 ] || return 1
		n=$((n + 1))
	done < <(queue_packets "$1")
	[ "$n" -eq 4 ]
}

stream()
{
	iperf -t 3 -P 8 "$@" -J > iperf.json
	! grep '"error"' iperf.json
}

setup_master
vmhost iperf-server start > /dev/null
check "one virtio queue pair" fails test -e "/sys/class/net/$MASTER/queues/rx-1"

# rtl8139 first: after a NIC that uses virtio-net headers on its tap, QEMU 7.2
# does not turn them off again for one that does not
for model in rtl8139 e1000e vmxnet3 igbvf; do
	plug_vf $model
	check "$model: pairs" is_paired "$MASTER"
	check "$model: traffic" ping_by vf
	base=$(sent_by vf)
	check "$model: TCP to the host" stream
	check "$model: TCP from the host" stream -R
	check "$model: by the VF" [ "$(sent_by vf)" -gt $((base + 500)) ]
	if [ $model = vmxnet3 ]; then
		check "four tx queues of the VF" \
			test -e "/sys/class/net/$VF/queues/tx-3"
		check "as many of the master" \
			test -e "/sys/class/net/$MASTER/queues/tx-3"
		for cpu in 0 1 2 3; do
			taskset -c $cpu ping -q -f -c 500 "$HOST" > /dev/null
			iperf -A $cpu -u -b 2M -t 1 -P 4 | tail -n 1 | sed 's/^/# /'
		done
		check "all of them carry packets" all_queues_used "$VF"
	fi
	unplug_vf
	check "$model: leaves" vf_is_gone "$MASTER"
	check "$model: standby after it" ping_by standby
done

# The four queues stay, standby has one: borrowed by three of them
base=$(sent_by standby)
for cpu in 0 1 2 3; do
	iperf -A $cpu -p $((5201 + cpu)) -t 2 -P 2 > /dev/null &
	taskset -c $cpu ping -q -f -c 300 "$HOST" > /dev/null &
done
wait
check "four queues on one send queue" [ "$(sent_by standby)" -gt $((base + 500)) ]
check "traffic afterwards" ping_by standby
finish
