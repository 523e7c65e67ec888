#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What drivers of real VFs do and those of emulated NICs do not, by a layer on top
# of vmxnet3: see test_modules/layer.c.
#
# vmtest: timeout=400 smp=2

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flood_lib.sh"
. "$(dirname "$0")/vflayer_lib.sh"

# Milliseconds, of a guest that may have to wait for its CPU: some 170 if it need
# not. Without a look at the queue the watchdog barks, after 5 s.
readonly LONGEST_SILENCE=2000

# Hundredths of a second since the boot, as text that counts in tens of ms
uptime_ms()
{
	local up

	read -r up _ < /proc/uptime
	echo "$((10#${up/./} * 10))"
}

vf_sent_more()
{
	[ "$(statistic "$VF" tx_packets)" -gt "$1" ]
}

# Something has to be sent or received for anybody to notice
noticed()
{
	reach_host
	on_standby "$MASTER"
}

# stop_under_flood NAME: the VF takes no packets, and the master has some for it
stop_under_flood()
{
	local stops

	flood_begin
	stops=$(stops)
	vf_does stop
	check_wait "$1: the master waits" more_stops_than "$stops"
}

# A driver that starts its queues when its hardware has recovered, and leaves it to
# the next packet to run them. There is none: all wait in the master.
silent_start()
{
	local base start silence

	stop_under_flood "started in silence"
	base=$(statistic "$VF" tx_packets)
	vf_does start
	start=$(uptime_ms)
	until vf_sent_more "$base" || [ "$silence" -gt 20000 ]; do
		silence=$(($(uptime_ms) - start))
	done 2> /dev/null
	silence=$(($(uptime_ms) - start))
	note "$silence ms until the next packet"
	check "started in silence: it goes on" \
		[ "$silence" -le $LONGEST_SILENCE ]
	check_flood "started in silence: the flood goes on" vf
	flood_end
	check "started in silence: no watchdog barks" \
		fails logged "NETDEV WATCHDOG"
}

# said_at PATTERN: when the kernel said so last, in milliseconds
said_at()
{
	dmesg | sed -n "s/^\[ *\([0-9]*\)\.\([0-9]\{3\}\).*$1.*/\1\2/p" | tail -n 1
}

hangs()
{
	dmesg | grep -c "VF hangs"
}

# hangs_again N: more often than that; a slow guest may have seen one before
hangs_again()
{
	[ "$(hangs)" -gt "$1" ]
}

# A VF that has no room any more when the master hears that it has: nobody but the
# master's own look sees that it hangs, and that is by one of the CPUs.
hangs_unheard()
{
	local hung cpu

	hung=$(hangs)
	stop_under_flood "hangs unheard"
	for cpu in 0 1; do
		taskset -c $cpu tee "$LAYER/command" <<< blink > /dev/null
	done
	check_wait "hangs unheard: it is noticed" hangs_again "$hung"
	vf_does wake
	check_wait "hangs unheard: the VF is used again" on_vf "$MASTER"
	check_flood "hangs unheard: the flood goes on" vf
	flood_end
	check "hangs unheard: no watchdog barks" fails logged "NETDEV WATCHDOG"
}

# A queue that was stopped while nobody had anything for it does not hang
stopped_before()
{
	local chosen hung before

	before=$(hangs)
	vf_does carrier-off
	check_wait "stopped before: standby without carrier" on_standby "$MASTER"
	vf_does carrier-on
	check_wait "stopped before: the VF is chosen" on_vf "$MASTER"
	vf_does old-stop
	flood_begin
	check_wait "stopped before: it hangs in the end" hangs_again "$before"
	chosen=$(said_at "switched to VF")
	hung=$(said_at "VF hangs")
	note "$((hung - chosen)) ms between them"
	check "stopped before: not before two seconds" \
		[ $((hung - chosen)) -ge 1900 ]
	vf_does start
	check_wait "stopped before: it sends, and is used again" on_vf "$MASTER"
	check_flood "stopped before: the flood goes on" vf
	flood_end
}

# No event of the carrier comes as long as the netdev is detached
suspended()
{
	vmhost path standby
	vf_does suspend
	check_wait "suspended with its carrier: standby is in use" noticed
	check "suspended with its carrier: the reason" \
		logged "switched to standby: VF is suspended"
	check "suspended with its carrier: traffic" ping_by standby
	vmhost link standby off
	check_wait "and no link of standby: no carrier" \
		has_no_carrier "$MASTER"
	vf_does resume
	check_wait "resumed: the VF is in use" on_vf "$MASTER"
	check "resumed: carrier" has_carrier "$MASTER"
	vmhost path vf
	check "resumed: traffic" ping_by vf
	vmhost link standby on
}

# Only virtio_net forgets its VLANs when it is suspended
vlans_once()
{
	local before

	add_vlan 7
	ip link set dev vlan7 up
	before=$(parameter vlans_added)
	check "a VLAN reaches the VF" [ "$before" -gt 0 ]
	vf_does detach
	check_wait "a VLAN, detached: standby is in use" noticed
	vf_does resume
	check_wait "a VLAN, attached: the VF is in use" on_vf "$MASTER"
	check "a VLAN is not told twice" parameter_is vlans_added "$before"
	ip link del vlan7
}

addresses()
{
	check "the VF's address: the stack does not change it" \
		fails ip link set dev "$VF" address 52:54:00:aa:aa:aa
	check "the VF's address: to set the same is no change" \
		ip link set dev "$VF" address "$(cat "/sys/class/net/$MASTER/address")"
	check "the VF's address: traffic" ping_by vf
	vf_does forget
	vf_does carrier-off
	check_wait "another address: standby without carrier" on_standby "$MASTER"
	vf_does carrier-on
	vmhost path standby
	check_wait "another address: one line" \
		logged "has another MAC address, traffic stays"
	check "another address: traffic" ping_by standby
	check "another address: standby is in use" on_standby "$MASTER"
	vf_does learn
	vf_does carrier-off
	vf_does carrier-on
	check_wait "its own address again: the VF is in use" on_vf "$MASTER"
	vmhost path vf
	check "its own address again: traffic" ping_by vf
}

# fails_at_first WHAT PARAMETER: its next VF
fails_at_first()
{
	next_vf "$2" 3
	plug_vf vmxnet3
	check "$1: it failed three times" parameter_is "$2" 0
	check "$1: traffic by the VF" ping_by vf
	unplug_vf
}

late_address()
{
	next_vf late_mac Y
	vmhost plug vmxnet3 || bail "plug failed"
	check_wait "a late address: its driver is there" \
		logged "test_vf: on top of vmxnet3"
	next_vf late_mac N
	check "a late address: it is none of ours yet" vf_is_gone "$MASTER"
	vf_does learn
	check_wait "a late address: it joins" is_paired "$MASTER"
	VF=$(find_vf "$MASTER")
	check_wait "a late address: the VF is in use" on_vf "$MASTER"
	vmhost path vf
	check "a late address: traffic" ping_by vf
	unplug_vf
}

# Whoever looks for a qdisc to put a filter on may be the last one to hold it
unload_while_found()
{
	if is_builtin virtio_net; then
		skip_result "unloads with its qdisc found" \
			"virtio_net is built in"
		return
	fi
	vf_does find-qdisc
	check "unloads with its qdisc found" rmmod virtio_net
	# That is over now: the kernel's log would tell
	layer_off
	modprobe virtio_net
	MASTER=$(find_master) || bail "no master"
	take_master
	check_wait "loads with a VF there" is_paired "$MASTER"
	VF=$(find_vf "$MASTER")
	check_wait "loads with a VF there: it is in use" on_vf "$MASTER"
	check "loads with a VF there: traffic" ping_by vf
}

setup_master
needs_layer
layer_on vmxnet3
late_address
fails_at_first "an open that fails" fail_open
ip link set dev "$MASTER" mtu 1400
fails_at_first "an MTU that is refused" fail_mtu
ip link set dev "$MASTER" mtu 1500
plug_vf vmxnet3
silent_start
hangs_unheard
stopped_before
suspended
vlans_once
addresses
unload_while_found
unplug_vf
check "standby carries traffic after the unplug" ping_by standby
finish
