#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whichever comes first, the VF or the virtio device, the VF's driver or
# virtio_net: they end paired. The guest boots with an unpaired e1000e (the
# host offers it at once) and no network driver loaded.
#
# vmtest: vf-boot=e1000e autoload=no timeout=400 built-in=yes

. "$(dirname "$0")/lib.sh"

pair_up()
{
	wait_for find_master || return 1
	MASTER=$(find_master)
	ip link set dev "$MASTER" up
	wait_for is_paired "$MASTER" && wait_for on_vf "$MASTER"
}

unload()
{
	modprobe -r e1000e && modprobe -r virtio_net
}

# watch_uevents: what udev would hear, as "ACTION NAME", in the file events
watch_uevents()
{
	# shellcheck disable=SC2016 # for the program of each event
	printf '#!/bin/sh\necho "$ACTION $INTERFACE" >> %s/events\n' "$PWD" \
		> "$PWD/event"
	chmod +x event
	: > events
	busybox uevent "$PWD/event" < /dev/null > /dev/null 2>&1 &
	WATCHER=$!
	# It listens when it hears of an event that means nothing
	wait_for heard "change lo"
}

# heard EVENT: also when there is another one, of the loopback device
heard()
{
	echo change > /sys/class/net/lo/uevent
	grep -qx "$1" events
}

[ "$(command -v vmhost)" ] || skip_all "needs a host that answers vmhost"
modprobe virtio_pci

if is_builtin virtio_net; then
	modprobe e1000e
	check "virtio_net built in, VF's driver later" pair_up
	modprobe -r e1000e
	check_wait "the VF is gone" vf_is_gone "$MASTER"
	modprobe e1000e
	check "and comes again" pair_up
	skip_result "the other orders" "virtio_net is built in"
	finish
fi

modprobe e1000e
modprobe virtio_net
check "VF's driver first" pair_up
check "two netdevs" [ "$(netdevs | wc -l)" -eq 3 ]
unload || bail "drivers do not unload"

modprobe virtio_net
wait_for find_master
modprobe e1000e
check "virtio_net first" pair_up
unload || bail "drivers do not unload"

modprobe e1000e
vf=$(netdevs | grep -v '^lo$')
ip link set dev "$vf" up
wait_for has_carrier "$vf"
ip address add 203.0.113.1/24 dev "$vf"
ip route add default via 203.0.113.9 dev "$vf"
watch_uevents
modprobe virtio_net
wait_for find_vf "$(find_master)"
check "VF configured before virtio_net comes: udev is told" \
	wait_for heard "change $vf"
check "VF configured before virtio_net comes: its routes are gone" \
	fails ip route get 198.51.100.1
check "VF configured before virtio_net comes" pair_up
: > events
modprobe -r virtio_net
check "VF without virtio_net again: udev is told" wait_for heard "change $vf"
kill "$WATCHER"
modprobe -r e1000e || bail "e1000e does not unload"

modprobe virtio_net &
modprobe e1000e &
wait
check "both at once" pair_up

MASTER=$(find_master)
vf=$(find_vf "$MASTER")
modprobe -r virtio_net
check "virtio_net unloads with its VF enslaved" \
	[ ! -e /sys/module/virtio_net ]
check "the VF is free" [ ! -e "/sys/class/net/$vf/master" ]
check "and no SLAVE" fails is_slave "$vf"
check "with a qdisc of its own" fails has_shim "$vf"
modprobe virtio_net
check "it is taken back" pair_up

MASTER=$(find_master)
ip address add "$GUEST/24" dev "$MASTER"
vmhost path vf
check "and carries traffic" ping_by vf
finish
