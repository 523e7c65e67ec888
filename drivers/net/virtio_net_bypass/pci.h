/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_PCI_H
#define _VIRTIO_NET_BYPASS_PCI_H

#include <linux/types.h>

struct device;
struct net_device;

struct device *virtnet_bypass_pci_dev(const struct net_device *vf);
bool virtnet_bypass_vf_present(const struct net_device *vf);

#endif /* _VIRTIO_NET_BYPASS_PCI_H */
