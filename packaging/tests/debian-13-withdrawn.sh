#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 13: the host offers no failover any more. The guest has its virtio netdev by the
# same name, and a VF that comes all the same is told of.
#
# vmtest: image=debian-13 root=root/networkd dhcp=on failover=off
# vmtest: turns=5 timeout=600 debug=no
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

# status_tells WORDS
status_tells()
{
	virtio-net-bypass status > /run/status
	grep -qF -- "$1" /run/status || { sed 's/^/# /' /run/status; return 1; }
}

has_no_master()
{
	[ ! -e "/sys/class/net/$1/master" ]
}

begin
check "no failover: the driver is ours" status_tells "with in-driver failover"
check "no failover: nothing is wrong" status_is_fine
check_addresses "no failover"
check "no failover: one lease" no_more_leases
check "no failover: no unit has failed" no_failed_unit

vmhost plug e1000e || bail "no VF"
wait_for netdev_of_driver e1000e || bail "no netdev of the VF"
udevadm settle
VF=$(netdev_of_driver e1000e)
check "a VF all the same: is nobody's" has_no_master "$VF"
check "a VF all the same: is told of" status_tells \
	"problem: $MASTER: $VF has the same MAC address, and the host offers no failover"
vmhost unplug || bail "the VF was not unplugged"
check_addresses "without it"
check "without it: nothing is wrong" status_is_fine
finish
