/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_NAPI_H
#define _VIRTIO_NET_BYPASS_NAPI_H

#include <linux/types.h>

struct net_device;
struct virtnet_bypass_info;

/**
 * struct virtnet_bypass_napi - what the VF was last told of the master's sysfs
 * @gro_flush_timeout: when its NAPIs flush GRO, ns
 * @defer_hard_irqs: how often they poll before they ask for an interrupt
 * @threaded: they are threads
 */
struct virtnet_bypass_napi {
	unsigned long	gro_flush_timeout;
	unsigned int	defer_hard_irqs;
	bool		threaded;
};

void virtnet_bypass_napi_join(struct virtnet_bypass_info *bypass,
			      struct net_device *vf);
void virtnet_bypass_napi_follow(struct virtnet_bypass_info *bypass,
				struct net_device *vf);

#endif /* _VIRTIO_NET_BYPASS_NAPI_H */
