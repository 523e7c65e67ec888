#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bit 62 without a MAC address means nothing: there would be nothing to know the
# VF by. The driver says so and is stock virtio_net; with the address back it is
# a master again. QEMU always offers an address, so the kernel's own filter of
# feature bits takes it away.
#
# vmtest: timeout=200
# vmtest: built-in=yes skips='needs a kernel with CONFIG_VIRTIO_DEBUG'

. "$(dirname "$0")/lib.sh"

readonly F_MAC=5	# virtio 1.2, section 5.1.3

rebind()
{
	unbind_master
	bind_master
	wait_for reach_host || bail "the host does not answer"
}

two_nics()
{
	[ "$(netdevs | wc -l)" -eq 3 ]
}

setup_master
virtio=$(basename "$(readlink -f "/sys/class/net/$MASTER/device")")
filter=/sys/kernel/debug/virtio/$virtio
[ -e "$filter/filter_feature_add" ] ||
	skip_all "needs a kernel with CONFIG_VIRTIO_DEBUG"
check "bit 62 is negotiated" has_standby_bit "$MASTER"
own=$(cat "/sys/class/net/$MASTER/address")
vmhost path auto

echo $F_MAC > "$filter/filter_feature_add"
rebind
check "the address is another one" \
	[ "$(cat "/sys/class/net/$MASTER/address")" != "$own" ]
check "bit 62 is given up" fails has_standby_bit "$MASTER"
check "with one line" logged "VIRTIO_NET_F_STANDBY but not VIRTIO_NET_F_MAC"
check "no vf_ counter" [ -z "$(count_of "$MASTER" vf_tx_packets)" ]
vmhost plug e1000e pair=no
check_wait "a NIC with the host's address of it is there" two_nics
check "and not enslaved" vf_is_gone "$MASTER"
check "traffic" ping_by standby
check "no line of the bypass since" fails logged "bypass: VF"

echo $F_MAC > "$filter/filter_feature_del"
rebind
check "with the address: bit 62 is back" has_standby_bit "$MASTER"
check_wait "and the NIC is enslaved" is_paired "$MASTER"
check_wait "and in use" on_vf "$MASTER"
vmhost path vf
check "traffic by the VF" ping_by vf
finish
