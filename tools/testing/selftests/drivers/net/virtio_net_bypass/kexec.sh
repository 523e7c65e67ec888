#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel starts itself again (kexec) with a VF enslaved and busy, and nobody
# sets a netdev down before. There is no reset and no firmware in between: the
# new kernel finds both devices as the old one left them. QEMU's failover pair
# with a VF of the same driver.
#
# vmtest: reboots=1 kexec=on memory=2048 timeout=300 built-in=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flood_lib.sh"
. "$(dirname "$0")/restart_lib.sh"

old_kernel()
{
	busy_vf "before" virtio-net-pci
	restart vmkexec
}

new_kernel()
{
	found_vf "the new kernel" "in use"
	use_found_vf "the new kernel"
	replug_vf
}

boots vmkexec old_kernel new_kernel
