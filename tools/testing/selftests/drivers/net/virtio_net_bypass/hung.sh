#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A VF that takes packets until its ring is full and sends none for seconds:
# standby takes over before a watchdog barks, and the VF is used again when it
# sends. The VF is a virtio NIC here, which looks at its ring four seconds after
# it was told to.
#
# vmtest: timeout=400 built-in=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/storm_lib.sh"

used_again()
{
	[ "$(count_of "$MASTER" bypass_switch_to_vf)" -ge 2 ]
}

setup_master
storm_setup
plug_vf virtio-net-pci opts tx=timer,x-txtimer=4000000000
base=$(sent_by standby)
throttle 50000
storm_begin
check_wait "standby takes over" logged "switched to standby: VF hangs"
check_wait "the storm goes on by standby" stream_runs standby "$base"
check "the VF is still there" is_paired "$MASTER"
check_wait "the VF sends, and is used again" used_again
storm_end
check_wait "the backlog drains" backlog_is_empty
check "no watchdog barked" fails logged "NETDEV WATCHDOG"
unplug_vf
check "standby carries traffic after the unplug" ping_by standby
finish
