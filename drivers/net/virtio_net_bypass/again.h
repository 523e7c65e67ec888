/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_AGAIN_H
#define _VIRTIO_NET_BYPASS_AGAIN_H

#include <linux/types.h>

struct net_device;
struct virtnet_bypass_info;

bool virtnet_bypass_can_tell(struct virtnet_bypass_info *bypass,
			     struct net_device *vf);
bool virtnet_bypass_tell_again(struct virtnet_bypass_info *bypass);
void virtnet_bypass_again_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_again_cancel(struct virtnet_bypass_info *bypass);
void virtnet_bypass_again(struct virtnet_bypass_info *bypass, unsigned int what,
			  unsigned long delay);

#endif /* _VIRTIO_NET_BYPASS_AGAIN_H */
