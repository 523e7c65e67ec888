/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_XPS_H
#define _VIRTIO_NET_BYPASS_XPS_H

#include <linux/list.h>

struct virtnet_bypass_info;

/**
 * struct virtnet_bypass_xps - which CPU sends by which queue
 * @node: learns of CPUs that come and go
 * @queues: over how many tx queues the CPUs are spread; RTNL
 */
struct virtnet_bypass_xps {
	struct hlist_node		node;
	unsigned int			queues;
};

int virtnet_bypass_xps_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_xps_exit(struct virtnet_bypass_info *bypass);
void virtnet_bypass_xps_spread(struct virtnet_bypass_info *bypass,
			       unsigned int queues);
void virtnet_bypass_xps_again(struct virtnet_bypass_info *bypass);
void virtnet_bypass_xps_lost(struct virtnet_bypass_info *bypass);

#endif /* _VIRTIO_NET_BYPASS_XPS_H */
