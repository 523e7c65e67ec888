/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_OFFLOAD_H
#define _VIRTIO_NET_BYPASS_OFFLOAD_H

#include <linux/netdevice.h>

struct virtnet_bypass_info;

void virtnet_bypass_offload_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_offload_follow(struct virtnet_bypass_info *bypass,
				   const struct net_device *vf);
void virtnet_bypass_offload_leave(struct virtnet_bypass_info *bypass);
netdev_features_t
virtnet_bypass_standby_features(const struct virtnet_bypass_info *bypass,
				const struct sk_buff *skb);

#endif /* _VIRTIO_NET_BYPASS_OFFLOAD_H */
