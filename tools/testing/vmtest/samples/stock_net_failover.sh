#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shows how a test uses vmtest, with the drivers of any stock kernel: the
# standby NIC, its failover master and a hot-plugged VF make three netdevs, and
# the host answers with and without the VF.
#
# vmtest: timeout=180
readonly HOST=192.0.2.1
number=0
failed=0

# report STATUS NAME
report()
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		failed=1
	fi
}

# wait_for COMMAND...: until it succeeds, at most 20 s.
wait_for()
{
	local end=$((SECONDS + 20))

	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

netdev_of()
{
	basename "$(echo /sys/bus/"$1"/drivers/"$2"/*/net/*)"
}

find_master()
{
	local dir

	for dir in /sys/class/net/eth*; do
		if ethtool -i "${dir##*/}" | grep -q '^driver: net_failover'; then
			basename "$dir"
		fi
	done
}

# has_netdevs COUNT
has_netdevs()
{
	local found=(/sys/class/net/eth*)

	[ ${#found[@]} -eq "$1" ]
}

# is_slave_up SLAVE MASTER
# shellcheck disable=SC2317 # called by wait_for
is_slave_up()
{
	ip -o link show dev "$1" | grep -q "LOWER_UP.* master $2 "
}

if [ ! -d /sys/module/net_failover ]; then
	echo "needs a virtio_net that uses net_failover"
	exit 4
fi
echo "KTAP version 1"
echo "1..6"
if ! wait_for has_netdevs 2; then
	echo "Bail out! net_failover made no master"
	exit 1
fi
master=$(find_master)
ip address add 192.0.2.2/24 dev "$master"
ip link set dev "$master" up
ping -q -c 3 -i 0.2 "$HOST"
report $? "ping by the standby NIC"

vmhost plug e1000e
wait_for has_netdevs 3
report $? "three netdevs"
vf=$(netdev_of pci e1000e)
wait_for is_slave_up "$vf" "$master"
report $? "$vf is a slave with carrier"

vmhost path vf
read -r before _ < <(vmhost counters vf)
wait_for ping -q -c 1 -W 1 "$HOST"
ping -q -c 3 -i 0.2 "$HOST"
status=$?
read -r after _ < <(vmhost counters vf)
echo "the VF sent $((after - before)) packets"
[ "$status" -eq 0 ] && [ "$after" -gt "$before" ]
report $? "ping by the VF"

vmhost unplug
has_netdevs 2
report $? "two netdevs after the unplug"
vmhost path standby
wait_for ping -q -c 1 -W 1 "$HOST"
ping -q -c 3 -i 0.2 "$HOST"
report $? "ping by the standby NIC again"
exit "$failed"
