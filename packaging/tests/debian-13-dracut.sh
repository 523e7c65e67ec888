#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 13, whose initramfs is dracut's and asks for an address on whatever is there,
# by systemd-networkd, with a VF there whose name comes first. What the initramfs had,
# the one of the system goes on with.
#
# vmtest: image=debian-13 initrd=dracut dhcp=on vf-boot=e1000e virtio-opts=bus=root5
# vmtest: turns=5 timeout=600 debug=no
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: append='rd.neednet=1 ip=dhcp'
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

dhcp_on()
{
	journalctl -b -q -o cat -u systemd-networkd | grep "^$1: DHCPv4 address"
}

# The initramfs is another client: it goes by the MAC address
leases=2
begin
VF=$(find_vf "$MASTER") || bail "the VF was not taken"
check "dracut has made the initramfs" logged 'dracut-cmdline'
check "the master had a lease in both" [ "$(dhcp_on "$MASTER" | wc -l)" -eq 2 ]
check "the VF in none" fails dhcp_on "$VF"
test_netboot
finish
