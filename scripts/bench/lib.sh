# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the guests of the benchmark share: each driver set up in its own way.
# BENCH_DRIVER is one of bare, ours, net_failover, bonding; the VF is of
# BENCH_MODEL.

# shellcheck source=../guest_lib.sh
. "$(dirname "$0")/../guest_lib.sh"

readonly MODEL=${BENCH_MODEL:-e1000e}

# The netdev that the user sees, in DEV, over the VF, in VF
setup_bare()
{
	must netdev_of_driver "$MODEL"
	VF=$(netdev_of_driver "$MODEL")
	DEV=$VF
}

plug()
{
	vmhost plug "$MODEL" || bail "no VF"
	must netdev_of_driver "$MODEL"
	VF=$(netdev_of_driver "$MODEL")
}

setup_ours()
{
	must netdev_of_driver virtio_net
	DEV=$(netdev_of_driver virtio_net)
	ip link set dev "$DEV" up
	plug
	must [ -e "/sys/class/net/$DEV/lower_$VF" ]
}

failover_master()
{
	local dir

	for dir in /sys/class/net/*; do
		ethtool -i "${dir##*/}" 2> /dev/null |
			grep -q '^driver: net_failover' || continue
		basename "$dir"
		return
	done
	return 1
}

setup_net_failover()
{
	must failover_master
	DEV=$(failover_master)
	ip link set dev "$DEV" up
	plug
}

# What udev would have to do for each VF that comes
rejoin_bonding()
{
	ip link set dev "$VF" master "$DEV"
	ip link set dev "$DEV" type bond primary "$VF"
}

setup_bonding()
{
	must netdev_of_driver virtio_net
	must netdev_of_driver "$MODEL"
	VF=$(netdev_of_driver "$MODEL")
	# the module makes a bond0 of its own
	DEV=bond7
	ip link add "$DEV" type bond mode active-backup miimon 100
	ip link set dev "$(netdev_of_driver virtio_net)" master "$DEV"
	rejoin_bonding
	ip link set dev "$DEV" up
	must grep -q "$VF" /sys/class/net/"$DEV"/bonding/active_slave
}

# setup: BENCH_DRIVER's, with the VF in use
setup()
{
	"setup_$BENCH_DRIVER"
	sysctl -qw "net.ipv6.conf.$DEV.disable_ipv6=1" \
		"net.ipv6.conf.$VF.disable_ipv6=1"
	ip link set dev "$DEV" up
	ip address add "$GUEST/24" dev "$DEV"
	must has_carrier "$VF"
	vmhost path vf
	must reach_host
}
