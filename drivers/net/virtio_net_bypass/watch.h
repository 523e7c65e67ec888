/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_WATCH_H
#define _VIRTIO_NET_BYPASS_WATCH_H

#include <linux/types.h>

struct net_device;
struct virtnet_bypass_info;

void virtnet_bypass_watch_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_recheck_in(struct virtnet_bypass_info *bypass,
			       unsigned long delay);
void virtnet_bypass_recheck(struct virtnet_bypass_info *bypass);
void virtnet_bypass_watch(struct virtnet_bypass_info *bypass);
void virtnet_bypass_watch_detached(struct virtnet_bypass_info *bypass,
				   const struct net_device *vf);
bool virtnet_bypass_vf_is_back(const struct virtnet_bypass_info *bypass,
			       const struct net_device *vf);
void virtnet_bypass_watch_cancel(struct virtnet_bypass_info *bypass);

#endif /* _VIRTIO_NET_BYPASS_WATCH_H */
