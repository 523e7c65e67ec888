/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_FEATURES_H
#define _VIRTIO_NET_BYPASS_FEATURES_H

#include <linux/netdev_features.h>

struct net_device;
struct virtnet_bypass_info;

int virtnet_bypass_features_join(struct virtnet_bypass_info *bypass,
				 struct net_device *vf);
void virtnet_bypass_features_leave(struct virtnet_bypass_info *bypass,
				   struct net_device *vf);
void virtnet_bypass_features_xdp(struct virtnet_bypass_info *bypass,
				 struct net_device *vf);
void virtnet_bypass_features_again(struct virtnet_bypass_info *bypass,
				   struct net_device *vf);
void virtnet_bypass_features_init(struct virtnet_bypass_info *bypass);
int virtnet_bypass_set_features(struct net_device *dev,
				netdev_features_t features);

#endif /* _VIRTIO_NET_BYPASS_FEATURES_H */
