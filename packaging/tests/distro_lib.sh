# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What a distribution's own system makes of a pair: one address, on the master, at
# boot, after unplug and re-plug, and whichever driver comes first. Sourced by the
# tests of each image; they say what configures the network there.

. "$(dirname "${BASH_SOURCE[0]}")/../../tools/testing/selftests/drivers/net/virtio_net_bypass/lib.sh"

readonly HOST6=fd00:db8::1
# The pair's
readonly GUEST_MAC=52:54:00:12:34:56
# Results of all boots: of those before the last one the runner knows nothing
readonly RESULTS=/var/lib/vmtest-results
leases=1
# What a .link of the test calls the master
name_of_master=
# How long nothing else may turn up, s: an address by DHCP takes two
readonly HOLD=${BYPASS_HOLD:-4}
# Warnings of who configures networks that say nothing of the pair: netplan wants
# Wake-on-LAN off, which no driver of virtio knows
ALLOWED='Could not set hostname|Failed to set hostname|hostnamed|dns-mgr'
ALLOWED+='|Could not set WakeOnLan to off, ignoring: Operation not supported'

# --- what there is ------------------------------------------------------------

# addresses FAMILY DEV: those that are no link's own
addresses()
{
	ip "-$1" -o address show dev "$2" scope global
}

has_addresses()
{
	[ "$(addresses "$1" "$2" | wc -l)" -eq "$3" ]
}

# default_routes FAMILY [WORD...]
default_routes()
{
	local family=$1
	shift
	ip "-$family" -o route show default "$@" | wc -l
}

one_default_route()
{
	[ "$(default_routes "$1")" -eq 1 ] &&
		[ "$(default_routes "$1" dev "$MASTER")" -eq 1 ]
}

# nothing_on DEV: neither an address nor a route, a link's own neither
nothing_on()
{
	has_no_address "$1" &&
		[ -z "$(ip -4 route show table all dev "$1")" ] &&
		! ip -6 route show table all dev "$1" |
			grep -qv '^multicast ff00::/8 '
}

# As many as there were interfaces: one, until the VF is alone and managed
no_more_leases()
{
	[ "$(vmhost run leases | cut -d' ' -f1)" -le "$leases" ]
}

# is_ours: the module that modprobe loads
is_ours()
{
	[[ $(modinfo -F filename virtio_net) == */updates/dkms/* ]]
}

pings()
{
	ping -q -c 2 -i 0.2 -W 2 "$1" > /dev/null
}

is_active()
{
	systemctl --quiet is-active "$1"
}

# networkd_says DEV STATE
networkd_says()
{
	networkctl --no-legend --no-pager list "$1" | grep -q " $2 *$"
}

# nm_says DEV PATTERN
nm_says()
{
	nmcli -t -f DEVICE,STATE device | grep -qE "^$1:$2"
}

# nobody_has DEV: of those that configure networks here
nobody_has()
{
	! is_active systemd-networkd || networkd_says "$1" unmanaged || return
	! is_active NetworkManager || nm_says "$1" unmanaged
}

# configured DEV: its manager is done
configured()
{
	! is_active systemd-networkd || networkd_says "$1" configured || return
	! is_active NetworkManager || nm_says "$1" connected
}

no_failed_unit()
{
	[ -z "$(systemctl --failed --no-legend --plain |
		tee /dev/stderr)" ]
}

no_warning()
{
	[ -z "$(journalctl -b -q -p warning -o cat -u systemd-networkd \
		-u NetworkManager -u networking -u systemd-udevd \
		-u 'systemd-networkd-wait-online*' -u 'cloud-init*' |
		grep -vE "$ALLOWED" | tee /dev/stderr)" ]
}

# The name of a predictable kind; the kernel's or a .link's only if that was asked for
has_own_name()
{
	if [ -n "$name_of_master" ] && [ "$1" = "$MASTER" ]; then
		[ "$1" = "$name_of_master" ]
		return
	fi
	case " $(cat /proc/cmdline) " in
	*' net.ifnames=0 '*) [[ $1 == eth* ]] ;;
	*) [[ $1 == en* ]] ;;
	esac
}

# holds COMMAND...: and does so for HOLD seconds
holds()
{
	local end=$((SECONDS + HOLD))

	while [ $SECONDS -lt $end ]; do
		"$@" || return
		read -r -t 0.5 <> <(:)
	done
	return 0
}

# status_is_fine: the package's own command has nothing to complain of
status_is_fine()
{
	! virtio-net-bypass status | grep '^problem'
}

# --- states -------------------------------------------------------------------

tell_all()
{
	(ip -br address; ip route; ip -6 route
	 ! is_active systemd-networkd || networkctl --no-pager list
	 ! is_active NetworkManager || nmcli device
	 virtio-net-bypass status
	 vmhost run leases) 2>&1 | sed 's/^/# /'
}

# check_addresses STATE: one of each family, on the master
check_addresses()
{
	check_wait "$1: the master has an address" has_addresses 4 "$MASTER" 1
	check_wait "$1: and one of IPv6" has_addresses 6 "$MASTER" 1
	check_wait "$1: its manager is done" configured "$MASTER"
	check "$1: there is one default route" one_default_route 4
	check "$1: and one of IPv6" one_default_route 6
	check_wait "$1: the host answers" pings "$HOST"
	check_wait "$1: and by IPv6" pings "$HOST6"
	check "$1: the master's name is its own" has_own_name "$MASTER"
}

# check_pair STATE: the VF is in use, and nobody has taken it for an interface
check_pair()
{
	local before=$failed

	check_wait "$1: the VF is in use" on_vf "$MASTER"
	udevadm settle
	VF=$(find_vf "$MASTER")
	check_wait "$1: nobody manages the VF" nobody_has "$VF"
	check_wait "$1: there is nothing on the VF" nothing_on "$VF"
	check_addresses "$1"
	check "$1: the VF stays as it is" holds nothing_on "$VF"
	check "$1: the VF's name is its own" has_own_name "$VF"
	check "$1: there is no more than one lease for each" no_more_leases
	check "$1: no unit has failed" no_failed_unit
	check "$1: nobody warns" no_warning
	check "$1: status has no problem" status_is_fine
	[ "$failed" -eq "$before" ] || tell_all
}

check_standby()
{
	local before=$failed

	check_wait "$1: standby is in use" on_standby "$MASTER"
	check_addresses "$1"
	check "$1: there is no more than one lease for each" no_more_leases
	check "$1: no unit has failed" no_failed_unit
	[ "$failed" -eq "$before" ] || tell_all
}

# look_for_master: by the name that it keeps
look_for_master()
{
	wait_for find_master || bail "no master"
	udevadm settle || bail "udev does not settle"
	MASTER=$(find_master)
}

plug()
{
	vmhost plug "$@" || bail "no VF"
	wait_for find_vf "$MASTER" || bail "the VF was not taken"
}

unplug()
{
	vmhost unplug || bail "the VF was not unplugged"
	wait_for vf_is_gone "$MASTER" || bail "the VF stays"
}

# vf_alone: the driver goes, and the VF is an interface as any other
vf_alone()
{
	modprobe -r virtio_net || bail "the driver stays"
	wait_for netdev_of_driver e1000e || bail "the VF went, too"
	udevadm settle
	VF=$(netdev_of_driver e1000e)
	note "$VF is alone"
}

# vf_first: ... and has all that an interface gets, when its master comes
vf_first()
{
	# NetworkManager waits for who had it before
	ip link set "$VF" up
	# By name only the master is configured
	if [ "$1" = managed ]; then
		check_wait "VF alone: it is managed again" configured "$VF"
		check_wait "VF alone: it has an address" has_addresses 4 "$VF" 1
		leases=2
	else
		ip address add 192.0.2.77/24 dev "$VF"
		ip route add default via "$HOST" dev "$VF"
	fi
	# What NetworkManager 1.52 and systemd-networkd say when a netdev goes, or
	# is closed while they configure it
	ALLOWED+='|Failed to send DHCP RELEASE, ignoring: No such device'
	ALLOWED+='|l3cfg.*unable to configure IPv6 route: .* fe80::/64'
	ALLOWED+="|$VF: (Could not set NDisc route: Nexthop device is not up|Failed$)"
	modprobe virtio_net || bail "no driver"
	look_for_master
}

vf_comes_first()
{
	[[ $VF < $MASTER ]]
}

# test_netboot: what an initramfs has made of a pair
test_netboot()
{
	check_pair "network of the initramfs"
	check "by name the VF comes first" vf_comes_first
	unplug
	check_standby "VF unplugged"
}

# use_root STATE: past all caches
use_root()
{
	check "$1: the root is read" \
		dd if=/dev/sda of=/dev/null bs=256k count=16 iflag=direct
	check "$1: and written" \
		dd if=/dev/zero of=/root/written bs=64k count=16 oflag=direct
}

broken_connections()
{
	dmesg | grep -c 'I/O error\|detected conn error'
}

# test_iscsi: a root on the network, for which the initramfs has asked for an address
test_iscsi()
{
	local before

	# One, if iscsid has taken over what the initramfs began (Debian 13)
	before=$(broken_connections)
	# Also of lo: it wants interfaces of ifupdown
	ALLOWED+="|Process '.*/open-iscsi/net-interface-handler .* failed"
	check "the VF is in use" on_vf "$MASTER"
	VF=$(find_vf "$MASTER") || bail "the VF was not taken"
	check "the root is the host's disk" [ "$(findmnt -no SOURCE /)" = /dev/sda ]
	check "the initramfs has configured the master" \
		test -e "/run/net-$MASTER.conf"
	check "and not the VF" test ! -e "/run/net-$VF.conf"
	check "the initramfs had no time-out" \
		fails logged 'Network device did not appear'
	test_netboot
	use_root "VF unplugged"
	plug e1000e
	check_pair "VF plugged again"
	use_root "VF plugged again"
	check "the disk's connection was never lost" \
		[ "$(broken_connections)" -eq "$before" ]
}

# test_link NAME: that of the master, by a .link for its MAC address
test_link()
{
	name_of_master=$1
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
}

# no_netdev_of_pair: none that has its MAC address
no_netdev_of_pair()
{
	! ip -o link show | grep -q "$GUEST_MAC"
}

# test_netns: the master is given to a container, and comes back
test_netns()
{
	ip netns add box
	ip link set "$MASTER" netns box
	check "master given away: nothing is left" no_netdev_of_pair
	check "master given away: no default route is" \
		[ "$(default_routes 4)$(default_routes 6)" = 00 ]
	ip -n box link set "$MASTER" up
	check_wait "master given away: the VF is in use there" \
		on_vf "$MASTER" ip netns exec box
	check "master given away: no address of here" \
		[ -z "$(ip -n box -4 -o address show)" ]
	ip -n box link set "$MASTER" netns 1
	look_for_master
	check_pair "master back"
	unplug
	check_standby "master back, VF unplugged"
	plug e1000e
	check_pair "master back, VF plugged again"
}

# --- boots --------------------------------------------------------------------

next_boot()
{
	printf 'count=%s failed=%s\n' "$count" "$failed" > "$RESULTS.counts"
	vmreboot
	bail "no reboot"
}

begin()
{
	if [ "$VMTEST_BOOT" -gt 0 ]; then
		cat "$RESULTS"
		# shellcheck source=/dev/null
		. "$RESULTS.counts"
	fi
	exec > >(tee -a "$RESULTS") 2>&1
	look_for_master
	note "boot $VMTEST_BOOT: $(systemctl is-system-running --wait)," \
	     "$(systemd-analyze | head -n 1)"
}

# test_boots managed|named [with-vf]: five of them, with the VF plugged (or there in
# the first one), unplugged, there before its driver, and hidden by QEMU until the
# driver is. Whoever manages interfaces by a pattern takes a lone VF as well; by name
# it is nobody's.
test_boots()
{
	begin
	case $VMTEST_BOOT in
	0)	if [ "${2:-}" = with-vf ]; then
			check_pair "first boot with a VF"
		else
			check_standby "boot without a VF"
			plug e1000e
			check_pair "plugged"
		fi
		unplug
		check_standby "unplugged"
		plug e1000e
		check_pair "plugged again"
		unplug
		plug e1000e pair=no
		next_boot ;;
	1|2)	check_pair "boot $VMTEST_BOOT, VF there"
		if [ "$VMTEST_BOOT" = 2 ]; then
			unplug
			plug e1000e
		fi
		next_boot ;;
	3)	check_pair "boot 3, VF hidden until the driver is there"
		next_boot ;;
	*)	check_pair "boot 4, VF hidden until the driver is there"
		vf_alone
		vf_first "$1"
		check_pair "the VF was there and configured"
		finish ;;
	esac
}
