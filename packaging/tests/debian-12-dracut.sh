#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 12, whose initramfs is dracut's and asks for an address by its own scripts
# and dhclient, with a VF there whose name comes first. Nobody configures anything
# after that.
#
# vmtest: image=debian-12 initrd=dracut dhcp=on vf-boot=e1000e virtio-opts=bus=root5
# vmtest: turns=5 timeout=600 debug=no
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: append='systemd.mask=systemd-networkd.service rd.neednet=1 ip=dhcp'
# vmtest: append=BOOTIF=01-52-54-00-12-34-56
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

begin
check "dracut has made the initramfs" logged 'dracut-cmdline'
test_netboot
finish
