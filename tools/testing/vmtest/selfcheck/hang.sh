#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Never ends, in a way that a polite signal does not change.
# vmtest: timeout=24
trap '' TERM INT
while :; do
	read -r -t 1 </dev/zero || :
done
