#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The filter that is a PF's: it gives the MAC address to its VF, and takes it
# away. The PF is QEMU's igb, in the same guest, which runs the step itself.
#
# vmtest: qemu=10 timeout=300 python=on newest=yes
# vmtest: files=../hoststeps
# vmtest: files=../../testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/../../testing/selftests/drivers/net/virtio_net_bypass/lib.sh"

# filter_to vf|standby: by the step, instead of sriov_lib.sh's
filter_to()
{
	PYTHONPATH=$(dirname "$0")/.. python3 -c '
import sys
from hoststeps.macfilter import PfFilter
PfFilter(sys.argv[1], sys.argv[2], 0).move(sys.argv[3])' "$GUEST_MAC" "$PF" "$1" ||
		bail "the PF takes no MAC"
}

# vf_mac_is MAC: the one that the PF gave it
vf_mac_is()
{
	ip link show dev "$PF" | grep -q "vf 0 .*link/ether $1 "
}

setup_master
plug_vf igbvf
check "the VF has the MAC" vf_mac_is "$GUEST_MAC"
check "traffic by the VF" ping_by vf
filter_to standby
check "to standby: the VF has none" vf_mac_is 00:00:00:00:00:00
check "to standby: the NIC delivers nothing to the VF" \
	[ "$(vmhost run ping-guest 5)" = "5 0" ]
filter_to vf
check "to the VF: it has the MAC again" vf_mac_is "$GUEST_MAC"
check "to the VF: the NIC delivers to it" \
	[ "$(vmhost run ping-guest 5)" = "5 5" ]
leave_vf
check_wait "it leaves" vf_is_gone "$MASTER"
check "traffic by standby" ping_by standby
finish
