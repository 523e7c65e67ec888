#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A stock Debian 13 after the commands of README.md and a reboot: its own kernel, the
# module that DKMS has built, the initramfs that the packages have made.
# scripts/newcomer-test.sh has the image made.
#
# vmtest: image=debian-13 root=../root/networkd dhcp=on vf=e1000e timeout=600
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: files=../../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/../distro_lib.sh"

# built_here: what the last build said
built_here()
{
	virtio-net-bypass status | grep -qxF "build for $(uname -r): ok"
}

begin
check "the module is that of DKMS" is_ours
check "status tells of its build" built_here
check_pair "after the reboot"
before=$(count_of "$MASTER" vf_tx_packets)
check "the host answers to 20 pings" ping -q -c 20 -i 0.05 "$HOST"
check "they went by the VF" \
	[ $(($(count_of "$MASTER" vf_tx_packets) - before)) -ge 20 ]
finish
