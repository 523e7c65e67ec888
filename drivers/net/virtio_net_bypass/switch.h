/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_SWITCH_H
#define _VIRTIO_NET_BYPASS_SWITCH_H

#include <linux/types.h>

struct net_device;
struct virtnet_bypass_info;

void __virtnet_bypass_update(struct virtnet_bypass_info *bypass);
void virtnet_bypass_update(struct virtnet_bypass_info *bypass);
void virtnet_bypass_block(struct virtnet_bypass_info *bypass,
			  unsigned long set, unsigned long clear);
bool virtnet_bypass_can_tell(struct virtnet_bypass_info *bypass,
			     struct net_device *vf);

#endif /* _VIRTIO_NET_BYPASS_SWITCH_H */
