#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Passes: KASAN reports an interrupt that looks into an old ring.
kasan_reports()
{
	local line frame

	frame=$(printf "=%.0s" {1..66})
	for line in "$frame" "BUG: KASAN: use-after-free in $1+0x2d2/0x320" \
		"Read of size 2 at addr ffff88800ee54942 by task ping/114" \
		"Call Trace:" " <IRQ>" " $1+0x2d2/0x320" " </IRQ>" "$frame"; do
		echo "<3>$line" >/dev/kmsg
	done
}

kasan_reports vring_interrupt
echo "ok 1 the test itself"
