#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 13: the kernel refuses the module, as one that is not signed. There is no virtio
# netdev, and the VF is an interface as any other, with a name and a lease of its own.
#
# vmtest: image=debian-13 root=root/networkd dhcp=on append=module_blacklist=virtio_net vf-boot=e1000e
# vmtest: turns=5 timeout=600 debug=no
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

no_driver_is_told()
{
	virtio-net-bypass status > /run/status
	[ $? -eq 1 ] && grep '^problem: virtio NIC virtio[0-9]* has no driver' /run/status
}

wait_for netdev_of_driver e1000e || bail "no VF"
note "$(systemctl is-system-running --wait)"
# Whose addresses are looked at
MASTER=$(netdev_of_driver e1000e)
check "there is no virtio netdev" fails netdev_of_driver virtio_net
check_addresses "VF alone"
check "VF alone: one lease" no_more_leases
check "VF alone: no unit has failed" no_failed_unit
check "status tells" no_driver_is_told
finish
