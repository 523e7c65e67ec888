#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest that cannot let its VF go, for want of a driver for hot-plug: QEMU
# would wait for ever, so the host gives up. The VF stays in use.
#
# vmtest: timeout=400 memory=512 append=acpiphp.disable=1 qemu-matters=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/migration_lib.sh"

setup_master
vmhost path auto
vmhost plug vmxnet3
echo 1 > /sys/bus/pci/rescan
wait_for on_vf "$MASTER" || bail "the VF does not carry traffic"
check "the VF carries traffic" ping_by vf

vmhost target
check "the host gives up" \
	grep -q "the guest keeps its VF" <(vmhost migrate timeout=5 2>&1)
check "the VF is enslaved" is_paired "$MASTER"
check "the VF is chosen" on_vf "$MASTER"
check "the VF carries traffic still" ping_by vf
finish
