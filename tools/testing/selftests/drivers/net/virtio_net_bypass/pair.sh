#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The promise in one test: a hot-plugged VF makes two netdevs, one name, and a
# TCP stream that outlives the VF's unplug and re-plug.
#
# vmtest: timeout=400 built-in=yes

. "$(dirname "$0")/lib.sh"

setup_master
echo 1 > /sys/kernel/tracing/events/virtnet_bypass/enable
check "bit 62 stays negotiated" has_standby_bit "$MASTER"
check "standby alone: lo and the virtio netdev" netdevs_are lo "$MASTER"
check "standby carries traffic" ping_by standby

plug_vf e1000e
check "with a VF: lo, the virtio netdev and the VF" \
	netdevs_are lo "$MASTER" "$VF"
ip -d link show dev "$VF" | sed 's/^/# /'
check "the VF has a master and is SLAVE" is_paired "$MASTER"
check "the VF carries traffic" ping_by vf
check "the name is not that of a net_failover standby" \
	fails cat "/sys/class/net/$MASTER/phys_port_name"
check "no address on the VF" \
	has_no_address "$VF"

vmhost iperf-server start > /dev/null
stream_begin
base=$(sent_by vf)
check_wait "the stream is on the VF" stream_runs vf "$base"
base=$(sent_by standby)
unplug_vf
check_wait "after the unplug it is on standby" stream_runs standby "$base"
check "two netdevs less one" netdevs_are lo "$MASTER"
plug_vf e1000e
base=$(sent_by vf)
check_wait "after the re-plug it is on the VF again" stream_runs vf "$base"
check "the VF kept its place" netdevs_are lo "$MASTER" "$VF"
check "the TCP stream survived" stream_survived
grep '"retransmits"' stream.json | tail -n 1 | sed 's/^/# /'

for name in vf_rx_packets vf_rx_bytes vf_tx_packets vf_tx_bytes; do
	check "$name counts" [ "$(count_of "$MASTER" $name)" -gt 0 ]
done
check "vf_tx_dropped is there" [ -n "$(count_of "$MASTER" vf_tx_dropped)" ]
check "two joins" [ "$(count_of "$MASTER" bypass_vf_join)" -eq 2 ]
check "one leave" [ "$(count_of "$MASTER" bypass_vf_leave)" -eq 1 ]

check "trace: join" traced join "vf=$VF err=0"
check "trace: switch to the VF" traced switch "path=$VF reason=vf_up"
check "trace: switch to standby" \
	traced switch "path=standby reason=vf_unbind"
check "trace: leave" traced leave "path=$VF reason=vf_unregister"
finish
