#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Without bit 62 the driver is stock virtio_net: a netdev with the same MAC is
# not touched, nothing is counted, and the MAC may be changed.
#
# vmtest: failover=off timeout=200 built-in=yes

. "$(dirname "$0")/lib.sh"

is_there()
{
	[ "$(netdevs | wc -l)" -eq 3 ]
}

setup_master
check "bit 62 is not negotiated" fails has_standby_bit "$MASTER"
check "no vf_ counter" [ -z "$(count_of "$MASTER" vf_tx_packets)" ]
check "one tx queue, as many as queue pairs" \
	fails test -e "/sys/class/net/$MASTER/queues/tx-1"
check "traffic" ping_by standby

vmhost plug e1000e
check_wait "the other NIC is there" is_there
check "and not enslaved" vf_is_gone "$MASTER"
check "traffic still by virtio" ping_by standby
check "no line about it" fails logged "bypass:"
check "the MAC can be changed" \
	ip link set dev "$MASTER" address 52:54:00:65:43:21
finish
