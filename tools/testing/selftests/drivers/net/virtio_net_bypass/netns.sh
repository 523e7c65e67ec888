#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The VF is where its master is: moved along to another namespace, plugged
# while the master is away, fetched back when someone moved it alone, and
# alive after the namespace has ended.
#
# vmtest: timeout=400 built-in=yes

. "$(dirname "$0")/lib.sh"

readonly PERM_ADDR=52:54:00:12:34:56

inside()
{
	ip netns exec box "$@"
}

# The VF in namespace box, by the master's lower link
paired_inside()
{
	inside ip -o link show | grep -q "[<,]SLAVE[,>].* master $MASTER "
}

set_up_inside()
{
	inside ip address add "$GUEST/24" dev "$MASTER"
	inside ip link set dev "$MASTER" up
}

ping_inside_by()
{
	wait_for reach_host inside &&
		answered_by "$1" "ip netns exec box" "$HOST"
}

both_here()
{
	[ "$(cat /sys/class/net/*/address | grep -c "$PERM_ADDR")" -eq 2 ]
}

setup_master
plug_vf e1000e
ip netns add box

ip link set dev "$MASTER" netns box
check_wait "the VF comes along" paired_inside
check "nothing is left behind" fails mac_is_there "$PERM_ADDR"
set_up_inside
check_wait "it is in use" on_vf "$MASTER" inside
check "traffic by the VF" ping_inside_by vf

vmhost path standby
vmhost unplug || bail "unplug failed"
check "traffic by standby" ping_inside_by standby

# Of the master's own driver
vmhost plug virtio-net-pci
check_wait "plugged meanwhile: it comes there" paired_inside
check_wait "and is in use" on_vf "$MASTER" inside
vmhost path vf
check "traffic by the new VF" ping_inside_by vf

# By hand, against all advice
vf=$(inside ip -o link show | sed -n 's/^[0-9]*: \([^:]*\):.*SLAVE.*/\1/p')
ip netns add other
inside ip link set dev "$vf" netns other
check_wait "moved away by hand: it comes back" paired_inside
check_wait "and is in use again" on_vf "$MASTER" inside
check "traffic by the VF that went astray" ping_inside_by vf

inside ip link set dev "$MASTER" netns 1
check_wait "moved back: the VF follows" is_paired "$MASTER"
ip address add "$GUEST/24" dev "$MASTER"
ip link set dev "$MASTER" up
check_wait "and is in use here" on_vf "$MASTER"
check "traffic by the VF here" ping_by vf

# A namespace that ends gives both back
ip link set dev "$MASTER" netns box
check_wait "once more inside" paired_inside
set_up_inside
ip netns del box
check_wait "the namespace has ended: both are back" both_here
check_wait "and paired" is_paired "$MASTER"
ip address add "$GUEST/24" dev "$MASTER"
ip link set dev "$MASTER" up
check_wait "and in use" on_vf "$MASTER"
check "traffic in the end" ping_by vf

# An address on the VF by mistake
VF=$(find_vf "$MASTER")
ip address add 198.51.100.7/24 dev "$VF"
check "an address on the VF: traffic all the same" ping_by vf
ip address del 198.51.100.7/24 dev "$VF"

# The VF of a PF that stays here
unplug_vf
plug_vf igbvf
ip netns add box
ip link set dev "$MASTER" netns box
check_wait "igbvf: comes along" paired_inside
set_up_inside
check_wait "igbvf: is in use" on_vf "$MASTER" inside
check "igbvf: traffic by the VF" ping_inside_by vf
leave_vf
check "igbvf left: traffic by standby" ping_inside_by standby
make_vf
check_wait "igbvf again: comes there" paired_inside
check_wait "igbvf again: is in use" on_vf "$MASTER" inside
vmhost path vf
check "igbvf again: traffic by the VF" ping_inside_by vf
finish
