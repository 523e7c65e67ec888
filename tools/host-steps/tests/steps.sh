#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host-steps.py, for those who have no runner: the wire delivers where the guest
# listens after each of its steps.
#
# vmtest: timeout=500 memory=512 newest=yes
# vmtest: files=../../testing/selftests/drivers/net/virtio_net_bypass

. "$(dirname "$0")/../../testing/selftests/drivers/net/virtio_net_bypass/lib.sh"

readonly DEVICE=vmxnet3,bus=root1,netdev=net-tv,romfile=

# arrives PATH: what the host sends to the guest comes by that path
arrives()
{
	local before

	before=$(received_by "$1")
	[ "$(vmhost run ping-guest 20)" = "20 20" ] &&
		[ $(($(received_by "$1") - before)) -ge 20 ]
}

# migrates STEP...: between which the guest cannot ask
migrates()
{
	vmhost all "$@" > /tmp/steps
	sed 's/^/# /' /tmp/steps
	grep -q status=completed /tmp/steps
}

step()
{
	vmhost run host-steps "$@"
}

# refused WORDS COMMAND...
refused()
{
	local words=$1 answer
	shift

	answer=$("$@" 2>&1) && return 1
	note "$answer"
	grep -q "$words" <<< "$answer"
}

setup_master
check "plug" step plug "$DEVICE"
check "plug: the guest is on the VF" on_vf "$MASTER"
check "plug: so is the wire" arrives vf
check "unplug" step unplug
check "unplug: the VF is gone" vf_is_gone "$MASTER"
check "unplug: the wire is on standby" arrives standby
check "unplug again: refused" refused primary0 step unplug
step plug "$DEVICE"
check "plugged again: the wire is on the VF" arrives vf

check "nobody there: the migration fails" refused "goes on here" \
	step migrate unix:/nonexistent
check "nobody there: the wire is on the VF" arrives vf
check "nobody there: the guest is on the VF" on_vf "$MASTER"

check "to another host: migrate and receive" \
	migrates target bare + run move-guest 60 "${DEVICE/-tv/-xv}" + arrived
check "to another host: the guest is on the VF" on_vf "$MASTER"
check "to another host: the wire is on the VF" arrives vf

check "to a file: migrate and go-on" migrates \
	run host-steps migrate "exec:cat>/dev/null" + run host-steps go-on
check "to a file: the guest is on the VF" on_vf "$MASTER"
check "to a file: the wire is on the VF" arrives vf
check "unplug, after all that" step unplug
check "unplug, after all that: the wire is on standby" arrives standby
finish
