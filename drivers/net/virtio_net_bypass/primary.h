/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_PRIMARY_H
#define _VIRTIO_NET_BYPASS_PRIMARY_H

#include <linux/notifier.h>
#include <linux/workqueue.h>

struct net_device;
struct virtnet_bypass_info;

/**
 * struct virtnet_bypass_primary - the search for a VF, and its takeover
 * @takeover: finds a VF, opens it while the master is up, and tries again what
 *	it refused
 * @retry: delay of the next try of @takeover, in jiffies; RTNL
 * @netdev_nb: follows VFs as they register, come up, go down and leave
 * @pci_nb: learns of a VF's unplug while its hardware is still alive
 * @open_due: @takeover has yet to open the VF; RTNL
 */
struct virtnet_bypass_primary {
	struct delayed_work		takeover;
	unsigned long			retry;
	struct notifier_block		netdev_nb;
	struct notifier_block		pci_nb;
	bool				open_due;
};

int virtnet_bypass_primary_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_primary_exit(struct virtnet_bypass_info *bypass);
bool virtnet_bypass_is_master(const struct net_device *dev);
void virtnet_bypass_vf_open(struct virtnet_bypass_info *bypass);
void virtnet_bypass_vf_close(struct virtnet_bypass_info *bypass);

#endif /* _VIRTIO_NET_BYPASS_PRIMARY_H */
