#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 13, systemd-networkd, and a name that a .link of the machine gives to the NIC
# with a MAC address, as netplan's set-name does
#
# vmtest: image=debian-13 root=root/link dhcp=on reboots=1 turns=5 timeout=600 debug=no
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

test_link lan0
