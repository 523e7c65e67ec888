#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the kernel says of a CPU that did not start when the guest woke up; it
# goes on without.
#
# vmtest: timeout=120
echo "<3>CPU1 failed to report alive state" >/dev/kmsg
exit 0
