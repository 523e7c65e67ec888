#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Live migration over a bridge that learns, there and back, to targets with the
# same VF, another one, none, and one without a link.
#
# vmtest: timeout=600 memory=512 alone=yes qemu-matters=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/migration_lib.sh"

# By the guest's clock, which stands still with it
timeouts()
{
	mib TcpExt TCPTimeouts < /proc/net/netstat
}

# gap_of WHEN: migrates while the host asks for echoes every 10 ms. EXCESS is by
# how many milliseconds the longest gap is longer than the stop of the guest:
# behind it the guest's code is cold to the emulator.
gap_of()
{
	local pings

	vmhost ping start
	away "$1"
	[ -z "$VF" ] || wait_for on_vf "$MASTER"
	pings=$(vmhost ping stop)
	EXCESS=$(($(field longest_gap "$pings") - $(field stopped "$REPORT")))
	EXCESS=${EXCESS%.*}
	note "$1: $pings, $EXCESS ms more than the stop"
}

setup_master
vmhost path auto
vmhost iperf-server start
gap_of "standby only"
own=$EXCESS

plug_vf vmxnet3
vmhost path auto
for where in there back; do
	gap_of "$where"
	check "$where: no gap but that of the stop" \
		[ "$EXCESS" -le $((own + GAP_ALLOWED)) ]
	settled "$where"
	two_netdevs "$where"
	check "$where: the VF carries traffic" ping_by vf
done
# What it had announced at the source waits for it at the target
check "no announcement of its own was heard" \
	fails logged 'NA: .* advertised our address'

before=$(timeouts)
base=$(sent_by vf)
stream_begin -b 2M
check_wait "with a TCP stream: it is on the VF" stream_runs vf "$base"
away "with a TCP stream"
settled "with a TCP stream"
base=$(sent_by vf)
check_wait "with a TCP stream: it is on the VF again" stream_runs vf "$base"
check "with a TCP stream: it survived" stream_survived
check "with a TCP stream: no timeout" [ "$(timeouts)" = "$before" ]

away "to a host without a VF" vf=none
check_wait "without a VF: standby is chosen" on_standby "$MASTER"
check "without a VF: standby carries traffic" ping_by standby
check "without a VF: one netdev" netdevs_are lo "$MASTER"
away "on to one that has a VF" vf=e1000e
check_wait "another VF: it is chosen" on_vf "$MASTER"
check "another VF: it carries traffic" ping_by vf

away "and back to one of the first kind" vf=vmxnet3
wait_for on_vf "$MASTER" || bail "the VF does not carry traffic"

vmhost link vf off
check_wait "a VF without a link: standby is chosen" on_standby "$MASTER"
away "with a VF without a link"
check_wait "after a VF without a link: the next one is chosen" on_vf "$MASTER"
check "after a VF without a link: the next one carries traffic" ping_by vf
unplug_vf
finish
