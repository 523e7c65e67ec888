/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_TX_H
#define _VIRTIO_NET_BYPASS_TX_H

#include <linux/netdevice.h>

struct virtnet_bypass_info;

netdev_tx_t virtnet_bypass_start_xmit(struct sk_buff *skb,
				      struct net_device *dev);
void virtnet_bypass_tx_purge(struct virtnet_bypass_info *bypass);
void virtnet_bypass_tx_timeout(struct net_device *dev, unsigned int txqueue);

#endif /* _VIRTIO_NET_BYPASS_TX_H */
