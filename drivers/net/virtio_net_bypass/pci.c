// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: a VF as a PCI device.
 */
#include <linux/netdevice.h>
#include <linux/pci.h>

#include "pci.h"

/**
 * virtnet_bypass_pci_dev() - the PCI device of a VF
 * @vf: any netdev
 *
 * It is the netdev's parent, or one bus above that (virtio).
 *
 * Context: Any.
 * Return: the device or NULL.
 */
struct device *virtnet_bypass_pci_dev(const struct net_device *vf)
{
	struct device *parent = vf->dev.parent;

	if (parent && !dev_is_pci(parent))
		parent = parent->parent;
	return parent && dev_is_pci(parent) ? parent : NULL;
}

/**
 * virtnet_bypass_vf_present() - does the hardware of a VF still answer?
 * @vf: the VF
 *
 * Context: Process context.
 * Return: false after a surprise removal.
 */
bool virtnet_bypass_vf_present(const struct net_device *vf)
{
	struct device *parent = virtnet_bypass_pci_dev(vf);

	return parent && pci_device_is_present(to_pci_dev(parent));
}
