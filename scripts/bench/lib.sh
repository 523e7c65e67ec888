# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the guests of the benchmark share: each driver set up in its own way.
# BENCH_DRIVER is one of bare, ours, net_failover, bonding; the VF is of
# BENCH_MODEL.

readonly PG=/proc/net/pktgen
readonly MODEL=${BENCH_MODEL:-e1000e}

die()
{
	echo "# $*"
	dmesg | tail -n 20
	echo "not ok 1 ${BENCH_DRIVER}"
	echo "1..1"
	exit 1
}

wait_for()
{
	local end=$((SECONDS + 120))

	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $end ] || die "timed out: $*"
		read -r -t 0.1 <> <(:)
	done
	return 0
}

driver_netdev()
{
	local dir

	for dir in /sys/class/net/*; do
		[ "$(basename "$(readlink "$dir/device/driver")")" = "$1" ] ||
			continue
		basename "$dir"
		return
	done
	return 1
}

has_carrier()
{
	[ "$(cat "/sys/class/net/$1/carrier")" = 1 ]
}

# The netdev that the user sees, in DEV, over the VF, in VF
setup_bare()
{
	wait_for driver_netdev "$MODEL"
	VF=$(driver_netdev "$MODEL")
	DEV=$VF
}

plug()
{
	vmhost plug "$MODEL" || die "no VF"
	wait_for driver_netdev "$MODEL"
	VF=$(driver_netdev "$MODEL")
}

setup_ours()
{
	wait_for driver_netdev virtio_net
	DEV=$(driver_netdev virtio_net)
	ip link set dev "$DEV" up
	plug
	wait_for [ -e "/sys/class/net/$DEV/lower_$VF" ]
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
	wait_for failover_master
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
	wait_for driver_netdev virtio_net
	wait_for driver_netdev "$MODEL"
	VF=$(driver_netdev "$MODEL")
	# the module makes a bond0 of its own
	DEV=bond7
	ip link add "$DEV" type bond mode active-backup miimon 100
	ip link set dev "$(driver_netdev virtio_net)" master "$DEV"
	rejoin_bonding
	ip link set dev "$DEV" up
	wait_for grep -q "$VF" /sys/class/net/"$DEV"/bonding/active_slave
}

pgset()
{
	echo "$2" > "$PG/$1" || die "pktgen refuses '$2'"
}
