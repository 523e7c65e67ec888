#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "virtio-net-bypass status" in a guest: what it says of each path, and that it
# finds what is wrong.
#
# vmtest: python=on timeout=300 newest=yes
# vmtest: files=../virtio-net-bypass
# vmtest: files=../../tools/testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/../../tools/testing/selftests/drivers/net/virtio_net_bypass/lib.sh"

STATUS=$(dirname "$0")/../virtio-net-bypass

# says WORDS: in what it prints
says()
{
	grep -qF -- "$1" /tmp/status || { sed 's/^/# /' /tmp/status; return 1; }
}

# all_is_well, something_is_wrong: by its exit status
all_is_well()
{
	python3 "$STATUS" status > /tmp/status
}

something_is_wrong()
{
	python3 "$STATUS" status > /tmp/status
	[ $? -eq 1 ]
}

# value EXPRESSION: of the object in JSON
value()
{
	python3 "$STATUS" status --json | python3 -c '
import json, sys
report = json.load(sys.stdin)
nic = report["nics"][0]
print(eval(sys.argv[1]))' "$1"
}

driver_there()
{
	ls -d "/sys/bus/pci/drivers/$1/0"*
}

wrong_use()
{
	python3 "$STATUS" nonsense 2> /dev/null
	[ $? -eq 2 ]
}

setup_master
check "standby: all is well" all_is_well
check "standby: failover is offered" says ": failover offered"
check "standby: there is no VF" says "  no VF"
check "standby: the module is ours" says "with in-driver failover"

plug_vf e1000e
check "VF: all is well" all_is_well
check "VF: it is named" says "  VF $VF: driver e1000e, device 0000:"
check "VF: its path is in use" says "  path in use: vf (VF is up)"
check "VF, JSON: the path" [ "$(value 'nic["path"]')" = vf ]
check "VF, JSON: no problem" [ "$(value 'report["problems"]')" = "[]" ]

ip address add 203.0.113.9/24 dev "$VF"
check "an address on the VF: is wrong" something_is_wrong
check "an address on the VF: is told" \
	says "problem: $MASTER: VF $VF has addresses of its own: 203.0.113.9/24"
ip address del 203.0.113.9/24 dev "$VF"
check "without it: all is well" all_is_well

vmhost link vf off
wait_for on_standby "$MASTER" || bail "the VF is used without a link"
check "no carrier: is wrong" something_is_wrong
check "no carrier: is told" \
	says "problem: $MASTER: VF $VF is not used: VF lost its carrier"
vmhost link vf on
wait_for on_vf "$MASTER" || bail "the VF is not used again"

vmhost plug vmxnet3 id=other pair=no \
	mac="$(cat "/sys/class/net/$MASTER/address")" || bail "no second VF"
wait_for driver_there vmxnet3
check "a second VF: is wrong" something_is_wrong
check "a second VF: is told" \
	says "has the same MAC address and is not its VF"
vmhost unplug other
unplug_vf
check "unplugged: all is well" all_is_well
check "unplugged: the path is standby's" [ "$(value 'nic["path"]')" = standby ]
check "wrong use: status 2" wrong_use

modprobe -r virtio_net
check "no driver: is wrong" something_is_wrong
check "no driver: is told" says "virtio_net not loaded"
check "no driver: of which NIC" says "problem: virtio NIC virtio0 has no driver"
finish
