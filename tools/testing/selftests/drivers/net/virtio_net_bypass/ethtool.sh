#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What ethtool is told about the master: link and timestamping of the path in
# use, everything else of the virtio device.
#
# vmtest: queue-pairs=2

. "$(dirname "$0")/lib.sh"

# link_of DEV: speed and port
link_of()
{
	ethtool "$1" 2> /dev/null | grep -E 'Speed|Port' | paste -sd ' '
}

clock_of()
{
	ethtool -T "$1" | sed -n 's/PTP Hardware Clock: //p'
}

# stamps DEV: what is set, as "tx_type 1 rx_filter 1"
stamps()
{
	hwstamp_ctl -i "$1" 2> /dev/null | grep -oE '(tx_type|rx_filter) [0-9]+' |
		tail -n 2 | paste -sd ' '
}

set_stamps()
{
	hwstamp_ctl -i "$MASTER" -t 1 -r 1 > /dev/null 2>&1
}

check_virtio()
{
	check "$2: the driver is virtio_net" \
		[ "$(ethtool -i "$MASTER" | sed -n 's/^driver: //p')" = \
		  virtio_net ]
	check "$2: two channels of two" \
		[ "$(ethtool -l "$MASTER" | grep -c 'Combined:.*2')" -eq 2 ]
	check "$2: three are refused" fails ethtool -L "$MASTER" combined 3
	check "$2: one is taken" ethtool -L "$MASTER" combined 1
	check "$2: one channel of two" \
		[ "$(ethtool -l "$MASTER" | grep -c 'Combined:.*1')" -eq 1 ]
	check "$2: traffic with one" ping_by "$1"
	check "$2: two again" ethtool -L "$MASTER" combined 2
	check "$2: a coalescing of virtio's" \
		ethtool -C "$MASTER" tx-frames 1 rx-frames 1
	check "$2: traffic" ping_by "$1"
}

check_standby()
{
	check "$1: the link is virtio's" \
		[ "$(link_of "$MASTER")" = "$virtio_link" ]
	check "$1: no hardware clock" [ "$(clock_of "$MASTER")" = none ]
	check "$1: no hardware timestamps to set" \
		fails set_stamps
	check "$1: none to read" [ -z "$(stamps "$MASTER")" ]
}

# napi_of DEV: what sysfs has of its NAPIs, and of its BQL
napi_of()
{
	(cd "/sys/class/net/$1" && cat gro_flush_timeout napi_defer_hard_irqs \
		threaded queues/tx-0/byte_queue_limits/limit_max) |
		paste -sd ' '
}

set_napi()
{
	cd "/sys/class/net/$MASTER" || return
	echo 20000 > gro_flush_timeout
	echo 1 > napi_defer_hard_irqs
	echo 1 > threaded
	echo 100000 > queues/tx-0/byte_queue_limits/limit_max
	cd - > /dev/null || return
}

# What would have no effect is refused
check_on_vf()
{
	check "$1: no link of virtio's" \
		fails ethtool -s "$MASTER" speed 10 duplex full
	check "$1: no rings of virtio's" fails ethtool -G "$MASTER" tx 128
	check "$1: its NAPIs have what was set" \
		[ "$(napi_of "$VF")" = "20000 1 1 100000" ]
}

check_all()
{
	check_virtio "$1" "$2"
	if [ "$1" = standby ]; then
		check_standby "$2"
		return
	fi
	check_on_vf "$2"
	check "$2: the link is the VF's" \
		[ "$(link_of "$MASTER")" = "$(link_of "$VF")" ]
	check "$2: which is another one" \
		[ "$(link_of "$MASTER")" != "$virtio_link" ]
	check "$2: the clock is the VF's" \
		[ "$(clock_of "$MASTER")" = "$(clock_of "$VF")" ]
	if [ "$(clock_of "$VF")" = none ]; then
		check "$2: no hardware timestamps to set" \
			fails set_stamps
		return
	fi
	check "$2: a new VF stamps nothing" \
		[ "$(stamps "$MASTER")" = "tx_type 0 rx_filter 0" ]
	check "$2: hardware timestamps can be set" \
		set_stamps
	check "$2: they are read back" \
		[ "$(stamps "$MASTER")" = "tx_type 1 rx_filter 1" ]
	check "$2: the VF has them" \
		[ "$(stamps "$VF")" = "tx_type 1 rx_filter 1" ]
}

setup_master
virtio_link=$(link_of "$MASTER")
check "on standby: rings can be set" ethtool -G "$MASTER" tx 64
set_napi
# QEMU tells the speed of a virtio NIC only if it is given one, see below
MODELS="e1000e vmxnet3 igbvf" on_each_path check_all
plug_vf e1000e
check_all vf "e1000e again"
unplug_vf
plug_vf virtio-net-pci opts speed=25000,duplex=full
check_all vf "VF virtio-net-pci"
finish
