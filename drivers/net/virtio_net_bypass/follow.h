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
int virtnet_bypass_set_mac(struct net_device *dev, void *addr);
int virtnet_bypass_change_mtu(struct net_device *dev, int new_mtu);
void virtnet_bypass_change_rx_flags(struct net_device *dev, int change);
void virtnet_bypass_set_rx_mode(struct net_device *dev);
bool virtnet_bypass_mtu_retry(struct virtnet_bypass_info *bypass,
			      struct net_device *vf);

#endif /* _VIRTIO_NET_BYPASS_FOLLOW_H */
