#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 13, ifupdown with dhcpcd: the master by its name
#
# vmtest: image=debian-13 root=root/dhcpcd dhcp=on reboots=4 turns=5 timeout=1500 debug=no
# vmtest: append='systemd.mask=systemd-networkd.service systemd.mask=NetworkManager.service'
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

test_boots named
