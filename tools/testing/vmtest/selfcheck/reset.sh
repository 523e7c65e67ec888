#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fails: it may reboot once, but does so unasked; then the guest ends.
# vmtest: reboots=1
[ "$VMTEST_BOOT" = 0 ] || echo "ok 1 rebooted, alas"
reboot -f
