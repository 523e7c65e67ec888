#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 13, cloud-init: in its first boot the VF is there, and it writes netplan's
# configuration, which is for a MAC address
#
# vmtest: image=debian-13 root=root/cloud dhcp=on reboots=4 turns=5 timeout=1500 debug=no
# vmtest: append='systemd.mask=NetworkManager.service systemd.mask=networking.service'
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass
# vmtest: vf-boot=e1000e

. "$(dirname "$0")/distro_lib.sh"

test_boots named with-vf
