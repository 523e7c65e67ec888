#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Offload features switched on the master hold on both paths: those of receive
# are set on the VF as well, those of transmit hold before the path is chosen.
# Switched before the VF comes, while it is there, and after a re-plug.
#
# vmtest: timeout=400

. "$(dirname "$0")/lib.sh"

# A second of TCP to the host; frames longer than the MTU leave, or none does
big_frames()
{
	local count

	vmhost capture start "$1" in "tcp and greater 1600"
	iperf -t 1 > /dev/null || return 1
	count=$(vmhost capture stop "$1")
	note "$count frames above the MTU left by $1"
	if [ "$2" = some ]; then
		[ "$count" -gt 0 ]
	else
		[ "$count" -eq 0 ]
	fi
}

has_big_skbs()
{
	big_frames "$1" some
}

check_off()
{
	check "$2: GRO is off on the master" \
		feature_is "$MASTER" generic-receive-offload off
	check "$2: no segmentation is left to the device" big_frames "$1" none
	check "$2: traffic" ping_by "$1"
	[ "$1" = vf ] || return
	check "$2: GRO is off on the VF" \
		feature_is "$VF" generic-receive-offload off
	check "$2: list GRO is on on the VF" feature_is "$VF" rx-gro-list on
}

check_on()
{
	check "$1: GRO is on on the VF" \
		feature_is "$VF" generic-receive-offload on
	check "$1: list GRO is off on the VF" feature_is "$VF" rx-gro-list off
}

# check_free FEATURE WORDS: the VF has it while the master is away
check_free()
{
	unbind_master
	check "a VF that is free has $2 back" feature_is "$VF" "$1" on
	bind_master
	check_wait "paired again, after $2" on_vf "$MASTER"
}

setup_master
vmhost iperf-server start
check "standby: segments are left to the device" has_big_skbs standby
ethtool -K "$MASTER" gro off rx-gro-list on tso off gso off ||
	bail "ethtool -K failed"
on_each_path check_off

# Set while the VF is there
plug_vf e1000e
own=$(feature "$VF" rx-checksumming)
ethtool -K "$MASTER" gro on rx-gro-list off tso on gso on
check_on "set with a VF"
check "set with a VF: what only the VF has is left alone" \
	feature_is "$VF" rx-checksumming "$own"
ethtool -K "$MASTER" gro off
check "and back: GRO is off on the VF" \
	feature_is "$VF" generic-receive-offload off

# The VF's own features are given back when it is free again
check_free generic-receive-offload "its own features"

# A VF that can do in hardware what the standby can
unplug_vf
ethtool -K "$MASTER" rx-gro-hw off || bail "ethtool -K rx-gro-hw failed"
plug_vf virtio-net-pci
check "GRO in hardware, off before the VF came, is off there" \
	feature_is "$VF" rx-gro-hw off
ethtool -K "$MASTER" rx-gro-hw on
check "and on with the master's" feature_is "$VF" rx-gro-hw on
check "traffic with it" ping_by vf
ethtool -K "$MASTER" rx-gro-hw off
check "and off again" feature_is "$VF" rx-gro-hw off
ethtool -K "$MASTER" rx-gro-hw on

# The master has no LRO, and whoever forwards its packets asks only the master
unplug_vf
plug_vf vmxnet3
check "LRO, which the master has not, is off on the VF" \
	feature_is "$VF" large-receive-offload off
check_free large-receive-offload "its LRO"
check "and has it off again" feature_is "$VF" large-receive-offload off

# Sizes: how large a packet may grow
unplug_vf
ip link set dev "$MASTER" gro_max_size 30000
plug_vf e1000e
check "gro_max_size follows" \
	[ "$(ip -d -j link show dev "$VF" | grep -o '"gro_max_size":[0-9]*')" \
	  = '"gro_max_size":30000' ]
ip link set dev "$MASTER" gso_max_size 3000
vmhost capture start vf in "tcp and greater 4000"
iperf -t 1 > /dev/null
check "gso_max_size holds on the VF" [ "$(vmhost capture stop vf)" -eq 0 ]
finish
