#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Results and answers go on in the order in which the guest gave them, in
# whatever QEMU it runs.
#
# vmtest: failover=off memory=512
echo "KTAP version 1"
for n in 1 2 3; do
	echo "ok $((2 * n - 1)) before migration $n"
	vmhost target && report=$(vmhost migrate) || exit 1
	echo "# $report"
	[[ $report == "status=completed "* ]] || exit 1
	echo "<6>vmtest sample: after migration $n" >/dev/kmsg
	echo "ok $((2 * n)) after migration $n"
done
echo "1..6"
