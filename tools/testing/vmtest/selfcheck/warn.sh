#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fails: passes, but the kernel says something bad, and something allowed.
# vmtest: allow='BUG: an allowed one'
echo "<4>BUG: an allowed one" >/dev/kmsg
echo "<4>WARNING: a fake one" >/dev/kmsg
echo "ok 1 the test itself"
