/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_STATS_H
#define _VIRTIO_NET_BYPASS_STATS_H

#include <linux/types.h>

struct net_device;
struct rtnl_link_stats64;
struct virtnet_bypass_info;

void virtnet_bypass_stats_look(struct virtnet_bypass_info *bypass);
void virtnet_bypass_stats_join(struct virtnet_bypass_info *bypass,
			       struct net_device *vf);
void virtnet_bypass_stats_leave(struct virtnet_bypass_info *bypass,
				struct net_device *vf);
void virtnet_bypass_stats_freeze(struct virtnet_bypass_info *bypass);
void virtnet_bypass_stats_restore(struct virtnet_bypass_info *bypass);
void virtnet_bypass_stats_ops(struct virtnet_bypass_info *bypass);
void virtnet_bypass_vf_stats(struct virtnet_bypass_info *bypass,
			     struct rtnl_link_stats64 *sum);
void virtnet_bypass_base_link_stats(struct virtnet_bypass_info *bypass,
				    struct rtnl_link_stats64 *sum);

#endif /* _VIRTIO_NET_BYPASS_STATS_H */
