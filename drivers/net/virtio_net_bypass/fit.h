/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_FIT_H
#define _VIRTIO_NET_BYPASS_FIT_H

#include <linux/netdevice.h>

bool virtnet_bypass_fits(struct sk_buff *skb, netdev_features_t features);
struct sk_buff *virtnet_bypass_fit(struct sk_buff *skb,
				   netdev_features_t features);

#endif /* _VIRTIO_NET_BYPASS_FIT_H */
