# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The VF of a real SR-IOV driver, as the model "igbvf" of plug_vf: QEMU's igb is
# the PF, in the same guest, and this is what a host does with it. Sourced by
# lib.sh.

PF_MAC=52:54:00:00:00:77 PF='' GUEST_MAC=''

# A PF at the port of the primary, so its tap is "vf". With autoprobe off a VF
# takes no driver but the one it is told.
plug_pf()
{
	vmhost plug igb mac="$PF_MAC" pair=no "$@" || return 1
	wait_for mac_is_there "$PF_MAC" || bail "no PF"
	PF=$(netdev_of_mac "$PF_MAC")
	modprobe igbvf || bail "no igbvf"
	sysctl -qw "net.ipv6.conf.$PF.disable_ipv6=1"
	ip link set dev "$PF" up
	echo 0 > "/sys/class/net/$PF/device/sriov_drivers_autoprobe"
	GUEST_MAC=$(cat "/sys/class/net/$MASTER/address")
}

# filter_to vf|standby: the MAC filter in the NIC
filter_to()
{
	local mac=00:00:00:00:00:00

	[ "$1" = standby ] || mac=$GUEST_MAC
	ip link set dev "$PF" vf 0 mac "$mac" || bail "the PF takes no MAC"
}

# bind_vf PCI: its driver asks the PF for the MAC address, for some 50 ms. Where
# the PF is later than that, as it may be on a busy machine, igbvf makes one up.
bind_vf()
{
	local driver=/sys/bus/pci/drivers/igbvf try

	for try in 1 2 3; do
		[ $try -eq 1 ] || echo "$1" > "$driver/unbind"
		echo "$1" > "$driver/bind"
		grep -qsvx "$GUEST_MAC" \
			"/sys/bus/pci/devices/$1/net/"*/address || return 0
		note "try $try: the VF made up a MAC, the PF was late"
	done
	bail "the PF tells the VF no MAC"
}

# As a host does it: the VF gets its MAC address before a driver. A trusted one
# may have further addresses, which what stands on the master needs. The PF
# starts again with VFs, and answers none until its link is there.
make_vf()
{
	local device=/sys/class/net/$PF/device pci

	echo 1 > "$device/sriov_numvfs" || bail "no VF"
	ip link set dev "$PF" vf 0 spoofchk off
	ip link set dev "$PF" vf 0 trust on
	filter_to vf
	wait_for grep -q 1 "/sys/class/net/$PF/carrier" || bail "PF without a link"
	pci=$(basename "$(readlink -f "$device/virtfn0")")
	echo igbvf > "/sys/bus/pci/devices/$pci/driver_override"
	bind_vf "$pci"
}

# leave_vf: in order, as the step "unplug"
leave_vf()
{
	filter_to standby
	vmhost path standby
	echo 0 > "/sys/class/net/$PF/device/sriov_numvfs"
}
