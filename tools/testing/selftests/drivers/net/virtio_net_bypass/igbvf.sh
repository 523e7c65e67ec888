#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real SR-IOV VF: QEMU's igb is the PF, in the same guest; its VF gets the
# virtio NIC's MAC address, as a host gives it, and the driver igbvf.
#
# vmtest: qemu=10 timeout=500
# vmtest: built-in=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/settings_lib.sh"
. "$(dirname "$0")/storm_lib.sh"

# igb has no filter of its own in the way: the VF's packets leave by the PF's
# tap, "vf" to the host
vf_by_igbvf()
{
	VF=$(find_vf "$MASTER") && [ "$(driver_of "$VF")" = igbvf ]
}

# pf_hears on|off: are the PF's interrupts masked (MSI-X capability, message
# control, include/uapi/linux/pci_regs.h)? Those of the VF are not.
pf_hears()
{
	local device capability=112 mask=300

	device=$(readlink -f "/sys/class/net/$PF/device")
	[ "$(config_byte "$device" $capability)" = 021 ] ||
		bail "MSI-X is elsewhere"
	[ "$1" = off ] || mask=200
	config_byte "$device" $((capability + 3)) $mask
}

# vf_could_take_none N: so many lines in the log
vf_could_take_none()
{
	[ "$(dmesg | grep -c 'bypass: VF .* cannot take the VLANs')" -eq "$1" ]
}

# vf_mac_is MAC: the one that the PF gave it
vf_mac_is()
{
	ip link show dev "$PF" | grep -q "vf 0 .*link/ether $1 "
}

setup_master
plug_pf || skip_all "QEMU has no igb"
check "the PF is no VF" vf_is_gone "$MASTER"
set_all
make_vf
check_wait "the VF pairs" vf_by_igbvf
ip -d link show dev "$VF" | sed 's/^/# /'
check_wait "and takes over" on_vf "$MASTER"
vmhost path vf
check "the PF has its MAC" vf_mac_is "$GUEST_MAC"
check "lo, virtio, PF and VF" netdevs_are lo "$MASTER" "$PF" "$VF"
check_all "set before"
unset_all
check_none "taken off"
ethtool -K "$MASTER" gro off
check "features follow" feature_is "$VF" generic-receive-offload off
ip link set dev "$MASTER" mtu 1500
check "MTU set with the VF" mtu_is "$VF" 1500
check_wait "the VF is used again" on_vf "$MASTER"
check "traffic by the VF" ping_by vf
setup_vlan
check "VLAN on the VF" vmhost run vlan-arp 7 198.51.100.2
vmhost iperf-server start > /dev/null
stream_begin
base=$(sent_by vf)
check_wait "TCP by the VF" stream_runs vf "$base"

base=$(sent_by standby)
leave_vf
check_wait "the VF leaves" vf_is_gone "$MASTER"
check_wait "TCP goes on by standby" stream_runs standby "$base"

make_vf
check_wait "the VF pairs again" vf_by_igbvf
check_wait "and takes over again" on_vf "$MASTER"
vmhost path vf
base=$(sent_by vf)
check_wait "TCP by the VF again" stream_runs vf "$base"
check "the TCP stream survived" stream_survived
check "traffic by the VF again" ping_by vf
check "features follow again" feature_is "$VF" generic-receive-offload off
check "VLAN on the VF again" vmhost run vlan-arp 7 198.51.100.2

# A PF that answers nothing, while its VF carries the traffic
pf_hears off
check "PF deaf: a VLAN that the VF cannot take is refused" \
	fails add_vlan 8
check "PF deaf: with one line" \
	[ "$(dmesg | grep -c 'bypass: VLAN 8 refused by VF')" -eq 1 ]
# Its driver's watchdog, which looks every two seconds, finds that
check_wait "PF deaf: standby takes over" on_standby "$MASTER"
pf_hears on
check_wait "PF hears: the VF is used" on_vf "$MASTER"
check "PF hears: traffic by the VF" ping_by vf

# One that is down does not deliver either
ip netns add other
ip link set dev "$PF" down
check_wait "PF down: standby takes over" on_standby "$MASTER"
vmhost path standby
check "PF down: a VLAN can be set" add_vlan 8
check "PF down: with one line" vf_could_take_none 1
check "PF down: and removed" ip link del vlan8
ip link set dev "$VF" netns other
check_wait "PF down: a VF that comes is enslaved" vf_by_igbvf
check "PF down: with one line about its VLANs" vf_could_take_none 2
check "PF down: traffic by standby" ping_by standby
check "PF down: VLAN by standby" vmhost run vlan-arp 7 198.51.100.2
ip link set dev "$PF" up
check_wait "PF up: the VF is used" on_vf "$MASTER"
vmhost path vf
check "PF up: traffic by the VF" ping_by vf
check "PF up: VLAN by the VF" vmhost run vlan-arp 7 198.51.100.2

storm_setup 1
base=$(sent_by vf)
numbered_begin 2500
check_wait "numbered packets by the VF" stream_runs vf "$base"
for round in 1 2 3; do
	leave_vf
	check_wait "numbered packets, round $round: the VF leaves" \
		vf_is_gone "$MASTER"
	make_vf
	check_wait "numbered packets, round $round: the VF is used" \
		on_vf "$MASTER"
	vmhost path vf
done
numbered_end "three VFs"

filter_to standby
check "without its MAC in the PF" vf_mac_is 00:00:00:00:00:00
check "the NIC delivers nothing to the VF" \
	[ "$(vmhost run ping-guest 5)" = "5 0" ]
filter_to vf
check "with it, it does again" [ "$(vmhost run ping-guest 5)" = "5 5" ]
modprobe -r igbvf
check_wait "its driver unloads" vf_is_gone "$MASTER"
vmhost path standby
check "traffic by standby" ping_by standby
finish
