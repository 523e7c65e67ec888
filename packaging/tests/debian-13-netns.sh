#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 13, systemd-networkd with DHCP on all of en*, and a container that gets the
# master for a while
#
# vmtest: image=debian-13 dhcp=on vf-boot=e1000e turns=5 timeout=600 debug=no
# vmtest: root=root/networkd
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

begin
check_pair "VF there"
test_netns
finish
