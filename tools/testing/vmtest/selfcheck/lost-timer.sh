#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the kernel says of a CPU whose timer the emulator lost; then nothing.
#
# vmtest: timeout=120
echo "<3>rcu: 1-...!: (0 ticks this GP) idle=7b80/0/0x0" >/dev/kmsg
echo "<4>NMI backtrace for cpu 1 skipped: idling at nowhere" >/dev/kmsg
echo "<3>rcu: rcu_preempt kthread timer wakeup didn't happen for 5252 jiffies!" \
	>/dev/kmsg
sleep 100
