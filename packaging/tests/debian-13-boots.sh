#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 13, systemd-networkd with DHCP on all of en*, as in Debian's cloud images: the
# VF comes at any moment of the boot
#
# vmtest: image=debian-13 root=root/networkd root=root/online dhcp=on
# vmtest: reboots=100 turns=5 timeout=1500 debug=no
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: append=systemd.mask=NetworkManager-wait-online.service
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/boots_lib.sh"

test_moments
