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

has_own_name()
{
	if [ "$1" = "$MASTER" ]; then
		[ "$1" = lan0 ]
	else
		[[ $1 == en* ]]
	fi
}

begin
if [ "$VMTEST_BOOT" = 0 ]; then
	plug e1000e
	check_pair "plugged"
	unplug
	plug e1000e pair=no
	next_boot
fi
check_pair "VF there at boot"
finish
