#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The master has carrier while either path has, and a switch does not make it
# blink: nobody above the master hears of it. The VF is a vmxnet3, whose driver
# hears of a lost link at once (an emulated e1000e does not).
#
# vmtest: timeout=300 built-in=yes

. "$(dirname "$0")/lib.sh"

readonly FRAMES=400

changes()
{
	cat "/sys/class/net/$MASTER/carrier_changes"
}

# Of frames that all get, those that the master took
taken()
{
	counted ingress
}

# The event of a lost carrier comes up to a second late when another one was there
# just before, and so long the master takes the VF for the path in use. It gets
# nothing by it any more.
late_event()
{
	local base

	vmhost link vf on
	wait_for on_vf "$MASTER" || bail "the VF does not carry traffic"
	base=$(taken)
	vmhost all link vf off + run broadcast "$FRAMES" "$HOST" > /dev/null
	check_wait "an event that comes late: standby" on_standby "$MASTER"
	reach_host
	note "$(($(taken) - base)) of $FRAMES frames to all were taken"
	# Until the driver has served the interrupt of the link
	check "an event that comes late: frames to all" \
		[ $(($(taken) - base)) -ge $((FRAMES * 9 / 10)) ]
}

setup_master
wait_for has_carrier "$MASTER" || bail "no carrier"
base=$(changes)
plug_vf vmxnet3
check "no change when the VF takes over" [ "$(changes)" -eq "$base" ]
ping_by vf

vmhost link vf off
check_wait "VF loses its link: standby" on_standby "$MASTER"
vmhost path standby
check "traffic by standby" ping_by standby
check "no change" [ "$(changes)" -eq "$base" ]
count_at ingress "ip daddr 255.255.255.255 udp dport 9" ||
	bail "no hook of nftables"
late_event
vmhost link vf on
check_wait "VF has link again: VF" on_vf "$MASTER"
vmhost path vf

# What the field does in steady state: the host keeps the virtio link down
vmhost link standby off
settings_are_vf()
{
	ethtool "$MASTER" 2> /dev/null | grep 'Port: Twisted Pair'
}
check "traffic by the VF with the virtio link down" ping_by vf
check "still carrier" has_carrier "$MASTER"
check "no change" [ "$(changes)" -eq "$base" ]

check "link settings are the VF's" settings_are_vf

vmhost link vf off
check_wait "both links down: no carrier" has_no_carrier "$MASTER"
vmhost link standby on
check_wait "virtio link up: carrier" has_carrier "$MASTER"
vmhost path standby
check "traffic by standby" ping_by standby
base=$(changes)
vmhost link vf on
check_wait "VF link up: VF" on_vf "$MASTER"
unplug_vf
check "traffic by standby after the unplug" ping_by standby
check "no change" [ "$(changes)" -eq "$base" ]
finish
