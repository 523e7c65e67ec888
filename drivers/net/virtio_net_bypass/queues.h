/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_QUEUES_H
#define _VIRTIO_NET_BYPASS_QUEUES_H

#include <linux/types.h>

struct net_device;
struct virtnet_bypass_info;

int virtnet_bypass_txqs_grow(struct virtnet_bypass_info *bypass,
			     struct net_device *vf);
void virtnet_bypass_txqs_open(struct virtnet_bypass_info *bypass);
void virtnet_bypass_txqs_follow(struct virtnet_bypass_info *bypass,
				struct net_device *vf);
void virtnet_bypass_xps_follow(struct virtnet_bypass_info *bypass);

#endif /* _VIRTIO_NET_BYPASS_QUEUES_H */
