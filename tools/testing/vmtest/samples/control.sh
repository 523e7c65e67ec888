#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Uses each command of vmhost once, without any failover driver: the standby
# NIC and the VF are in a guest that does not know that they belong together.
#
# vmtest: failover=off timeout=240
number=0
failed=0

echo "KTAP version 1"

# check NAME COMMAND...
check()
{
	local name=$1 answer status

	shift
	answer=$("$@" 2>&1)
	status=$?
	number=$((number + 1))
	[ -z "$answer" ] || echo "# $answer"
	if [ "$status" -eq 0 ]; then
		echo "ok $number $name"
	else
		echo "not ok $number $name"
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

fails()
{
	! "$@"
}

# carrier NETDEV 0|1
# shellcheck disable=SC2317 # called by wait_for
carrier()
{
	[ "$(cat "/sys/class/net/$1/carrier")" = "$2" ]
}

# shellcheck disable=SC2317 # called by check
tcp_to_host()
{
	vmhost iperf-server start && iperf3 -c 192.0.2.1 -t 1 >/dev/null &&
		vmhost iperf-server stop
}

# shellcheck disable=SC2317 # called by check
tcp_from_host()
{
	local server client status

	iperf3 -s -1 >/dev/null &
	server=$!
	wait_for sh -c "ss -Htln | grep -q :5201"
	client=$(vmhost iperf-client -t 1 -i 0.1)
	vmhost iperf-wait "$client"
	status=$?
	wait "$server"
	return "$status"
}

# shellcheck disable=SC2317 # called by check
count_pings()
{
	local sent

	vmhost capture start standby in icmp and host 192.0.2.2
	ping -q -c 5 -i 0.1 192.0.2.1 >/dev/null
	sent=$(vmhost capture stop)
	echo "$sent captured"
	[ "$sent" = 5 ]
}

# shellcheck disable=SC2317 # called by check
pings_arrive()
{
	local answer

	answer=$(vmhost run ping-guest 10)
	echo "$answer"
	[ "$answer" = "10 10" ]
}

# shellcheck disable=SC2317 # called by check
path_decides()
{
	local rx tx after

	vmhost path vf
	# What the guest sends by the standby NIC must not change the path back.
	ping -q -c 1 -W 1 192.0.2.1 >/dev/null
	read -r rx tx _ < <(vmhost counters vf)
	vmhost run ping-guest 5 0.2
	read -r rx after _ < <(vmhost counters vf)
	echo "the VF's tap got $((after - tx)) packets, rx $rx"
	vmhost path auto
	[ $((after - tx)) -ge 5 ]
}

# shellcheck disable=SC2317 # called by check
parallel_questions()
{
	local job jobs=()

	for job in 1 2 3 4; do
		vmhost counters standby >/dev/null &
		jobs+=($!)
	done
	for job in "${jobs[@]}"; do
		wait "$job" || return
	done
}

ip address add 192.0.2.2/24 dev eth0
ip address add fd00:db8::2/64 dev eth0 nodad
ip link set dev eth0 up
check "host answers" wait_for ping -q -c 1 -W 1 192.0.2.1
check "host answers by IPv6" wait_for ping -q -c 1 -W 1 fd00:db8::1
check "log" vmhost log "a word (with brackets) & more"
check "capture" count_pings
check "run" pings_arrive
check "iperf-server" tcp_to_host
check "iperf-client" tcp_from_host
check "parallel" parallel_questions
vmhost link standby off
check "link off" wait_for carrier eth0 0
vmhost link standby on
check "link on" wait_for carrier eth0 1
check "plug" vmhost plug rtl8139 opts romfile=
check "the driver comes" wait_for test -e /sys/class/net/eth1
check "path" path_decides
check "no second device with that id" fails vmhost plug e1000e
check "second VF" vmhost plug vmxnet3 id=primary1 mac=52:54:00:00:00:99
check "its driver comes" wait_for test -e /sys/class/net/eth2
check "unplug" vmhost unplug
check "it is gone" test ! -e /sys/class/net/eth1
check "unplug-async" vmhost unplug-async primary1
check "event" vmhost sleep-until-event DEVICE_DELETED 10
check "one more event" vmhost sleep-until-event DEVICE_DELETED 10
check "unknown command" fails vmhost dance
check "missing arguments" fails vmhost link vf
check "qmp" vmhost qmp '{"execute": "query-status"}'
echo "1..$number"
exit "$failed"
