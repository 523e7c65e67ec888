# SPDX-License-Identifier: GPL-2.0-or-later
"""What a host does around the failover of a guest.

The guest's driver moves its traffic between the VF and the virtio NIC; QEMU
plugs and unplugs the VF. Neither of them moves the MAC filter on the wire, and
neither gives a VF back after all kinds of failures. These are the steps of the
host in the order that loses nothing:

qmp         a client of QEMU's monitor
macfilter   where the wire delivers the guest's packets
pair        plug and unplug a VF
migration   send a guest to another QEMU, and what to do if that fails

../host-steps.py is their command line; the guest runner in tools/testing/vmtest
and through it the demo use them as well.
"""
