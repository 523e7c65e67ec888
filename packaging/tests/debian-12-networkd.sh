#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 12, systemd-networkd: DHCP on all of en*
#
# vmtest: image=debian-12 root=root/networkd dhcp=on reboots=4 turns=5 timeout=1500 debug=no
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

test_boots managed
