/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_FOLLOW_H
#define _VIRTIO_NET_BYPASS_FOLLOW_H

#include <linux/types.h>

struct net_device;
struct virtnet_bypass_info;

int virtnet_bypass_follow_join(struct virtnet_bypass_info *bypass,
			       struct net_device *vf);
void virtnet_bypass_follow_leave(struct virtnet_bypass_info *bypass,
				 struct net_device *vf);
void virtnet_bypass_follow_ops(struct virtnet_bypass_info *bypass);

bool virtnet_bypass_mtu_retry(struct virtnet_bypass_info *bypass,
			      struct net_device *vf);

#endif /* _VIRTIO_NET_BYPASS_FOLLOW_H */
