/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_RXHASH_H
#define _VIRTIO_NET_BYPASS_RXHASH_H

#include <linux/types.h>

struct net_device;
struct virtnet_bypass_info;

void virtnet_bypass_rxhash_join(struct virtnet_bypass_info *bypass,
				struct net_device *vf);
void virtnet_bypass_rxhash_tell(struct virtnet_bypass_info *bypass,
				struct net_device *vf);
void virtnet_bypass_rxhash_again(struct virtnet_bypass_info *bypass);
void virtnet_bypass_rxhash_ops(struct virtnet_bypass_info *bypass);

#endif /* _VIRTIO_NET_BYPASS_RXHASH_H */
