/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_AGAIN_H
#define _VIRTIO_NET_BYPASS_AGAIN_H

#include <linux/workqueue.h>

struct net_device;
struct virtnet_bypass_info;

/* Bits of virtnet_bypass_again::due */
#define VIRTNET_BYPASS_AGAIN_XPS	0	/* spread the CPUs */
#define VIRTNET_BYPASS_AGAIN_RXHASH	1	/* tell the receive hash */

/**
 * struct virtnet_bypass_again - what is to be done again
 * @work: does what is in @due; only ever tries to take RTNL
 * @due: VIRTNET_BYPASS_AGAIN_*; atomic bit operations
 */
struct virtnet_bypass_again {
	struct delayed_work		work;
	unsigned long			due;
};

void virtnet_bypass_again_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_again_cancel(struct virtnet_bypass_info *bypass);

#endif /* _VIRTIO_NET_BYPASS_AGAIN_H */
