#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 12, NetworkManager with a profile for a MAC address, and a container that gets
# the master for a while
#
# vmtest: image=debian-12 dhcp=on vf-boot=e1000e turns=5 timeout=600 debug=no
# vmtest: append='systemd.mask=systemd-networkd.service systemd.mask=networking.service'
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/distro_lib.sh"

profile_is_masters()
{
	[ "$(nmcli -g DEVICE connection show --active | grep -v '^lo$')" = "$MASTER" ]
}

begin
nmcli connection add type ethernet con-name by-mac ifname '*' mac "$GUEST_MAC" ||
	bail "no profile"
nmcli --wait 60 connection up by-mac || bail "the profile is not used"
check_pair "profile by MAC address"
check "the profile is the master's" profile_is_masters
test_netns
check "the profile is the master's again" profile_is_masters
finish
