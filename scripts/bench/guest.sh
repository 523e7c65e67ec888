#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One column of the benchmark: guest instructions per packet of BENCH_DRIVER.
#
# The guest runs with -icount shift=0: a virtual nanosecond is an instruction,
# so what pktgen calls time is a count, the same on any machine. TX: pktgen
# through the stack (queue_xmit) on the netdev that carries the address. RX: a
# filter on a dummy netdev gives a copy of each packet to the VF's receive path,
# as the VF's driver would. (pktgen's own mode for that shares the packet with
# the stack, which a driver does not.) The copy costs the same in all columns,
# and IPv6, which is off, drops it at the same cost for all.
#
# vmtest: icount=on smp=1 timeout=900 env=BYPASS_WAIT=120
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/lib.sh"

readonly PG=/proc/net/pktgen
readonly COUNT=${BENCH_COUNT:-20000} RUNS=${BENCH_RUNS:-3}
readonly SIZES=(60 1500)

# measure DEV SIZE SOURCE DESTINATION: instructions per packet
measure()
{
	local dev=$1 usec

	pgset kpktgend_0 rem_device_all
	pgset kpktgend_0 "add_device $dev"
	pgset "$dev" "count $COUNT"
	pgset "$dev" "pkt_size $2"
	pgset "$dev" "delay 0"
	pgset "$dev" "clone_skb 0"
	pgset "$dev" "xmit_mode queue_xmit"
	pgset "$dev" "$3"
	pgset "$dev" "$4"
	pgset "$dev" "dst_mac 52:54:00:00:00:01"
	echo start > "$PG/pgctrl"
	usec=$(sed -n 's/^Result: OK: \([0-9]*\).*/\1/p' "$PG/$dev")
	[ -n "$usec" ] || bail "no result: $(tail -n 1 "$PG/$dev")"
	grep -q "pkts-sofar: $COUNT " "$PG/$dev" ||
		bail "not all packets: $(grep pkts-sofar "$PG/$dev")"
	echo $((usec * 1000 / COUNT))
}

setup
modprobe pktgen || bail "no pktgen"

# On a qdisc, not clsact: its static key would slow down every receive path
ip link add rx0 type dummy
sysctl -qw net.ipv6.conf.rx0.disable_ipv6=1
ip link set dev rx0 up
tc qdisc add dev rx0 root handle 1: prio || bail "no qdisc to copy from"
tc filter add dev rx0 parent 1: protocol all matchall \
	action mirred ingress mirror dev "$VF" || bail "no mirror"

measure_tx()
{
	measure "$DEV" "$1" "src_min 198.51.100.8" "dst 198.51.100.9"
}

measure_rx()
{
	measure rx0 "$1" "src6 fd00::8" "dst6 fd00::9"
}

# tell WAY SIZE
tell()
{
	local cost

	cost=$("measure_$1" "$2") || bail "$cost"
	event packet way="$1" size="$2" cost="$cost"
}

base=$(statistic "$VF" tx_packets)
for size in "${SIZES[@]}"; do
	for ((run = 0; run < RUNS; run++)); do
		tell tx "$size"
		tell rx "$size"
	done
done
# Some drivers tell what they sent only every two seconds
all_by_vf()
{
	[ $(($(statistic "$VF" tx_packets) - base)) -ge \
	  $((COUNT * RUNS * ${#SIZES[@]})) ]
}
check_wait "$BENCH_DRIVER: all packets left by the VF" all_by_vf
finish
