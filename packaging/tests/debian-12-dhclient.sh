#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 12, dhclient on all interfaces, which have the kernel's names
#
# vmtest: image=debian-12 dhcp=on vf-boot=e1000e turns=5 timeout=600 debug=no
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: append='systemd.mask=systemd-networkd.service net.ifnames=0'
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

begin
check "the master was there first" [ "$MASTER" = eth0 ]
dhclient
check_pair "VF there before dhclient"
unplug
check_standby "VF unplugged"
plug e1000e
check_pair "VF plugged again"
finish
