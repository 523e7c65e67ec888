#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 12, ifupdown: the master by its name
#
# vmtest: image=debian-12 root=root/ifupdown dhcp=on reboots=4 turns=5 timeout=1500 debug=no
# vmtest: append='systemd.mask=systemd-networkd.service systemd.mask=NetworkManager.service'
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

test_boots named
