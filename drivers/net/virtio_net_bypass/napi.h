/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_NAPI_H
#define _VIRTIO_NET_BYPASS_NAPI_H

#include <linux/types.h>

struct net_device;
struct virtnet_bypass_info;

void virtnet_bypass_napi_join(struct virtnet_bypass_info *bypass,
			      struct net_device *vf);
void virtnet_bypass_napi_follow(struct virtnet_bypass_info *bypass,
				struct net_device *vf);

#endif /* _VIRTIO_NET_BYPASS_NAPI_H */
