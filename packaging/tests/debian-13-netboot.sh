#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 13, whose initramfs asks for an address, as one with its root on the network:
# by BOOTIF= with the VF there, whose name comes first. Nobody configures anything
# after that.
#
# vmtest: image=debian-13 dhcp=on vf-boot=e1000e virtio-opts=bus=root5
# vmtest: turns=5 timeout=600 debug=no
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: append='systemd.mask=systemd-networkd.service vmtest.network ip=dhcp'
# vmtest: append=BOOTIF=01-52-54-00-12-34-56
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

begin
VF=$(find_vf "$MASTER") || bail "the VF was not taken"
check "the initramfs has configured the master" test -e "/run/net-$MASTER.conf"
check "and not the VF" test ! -e "/run/net-$VF.conf"
check "the initramfs had no time-out" fails logged 'Network device did not appear'
test_netboot
finish
