#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fails: the kernel warns before a reboot, and panics after it.
# vmtest: reboots=1
if [ "$VMTEST_BOOT" = 0 ]; then
	echo "<4>WARNING: before the reboot" >/dev/kmsg
	vmreboot
fi
echo c >/proc/sysrq-trigger
