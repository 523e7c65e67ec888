#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 13, whose root is on the network, by iSCSI: the initramfs asks for an address
# by BOOTIF=, with a VF there whose name comes first. Nobody configures anything after
# that.
#
# vmtest: image=debian-13 dhcp=on iscsi=on vf-boot=e1000e virtio-opts=bus=root5
# vmtest: turns=5 timeout=600 debug=no
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: append='systemd.mask=systemd-networkd.service ip=dhcp'
# vmtest: append=BOOTIF=01-52-54-00-12-34-56
# vmtest: append='root=iscsi:192.0.2.1:::1:iqn.2018-01.example:root'
# vmtest: append=iscsi_initiator=iqn.2018-01.example:guest
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

begin
test_iscsi
finish
