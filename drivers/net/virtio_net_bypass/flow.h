/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_FLOW_H
#define _VIRTIO_NET_BYPASS_FLOW_H

#include <linux/netdevice.h>

struct virtnet_bypass_info;
struct virtnet_bypass_txq;

void virtnet_bypass_flow_stop(struct netdev_queue *txq);
void virtnet_bypass_flow_stop_for(struct virtnet_bypass_txq *btxq,
				  const struct netdev_queue *vf_txq);
void virtnet_bypass_flow_wake(struct netdev_queue *txq);
void virtnet_bypass_flow_wake_all(struct virtnet_bypass_info *bypass);
void virtnet_bypass_flow_room(struct virtnet_bypass_info *bypass,
			      unsigned int index);
bool virtnet_bypass_flow_waits(const struct virtnet_bypass_info *bypass);
void virtnet_bypass_flow_restore(struct virtnet_bypass_info *bypass);

#endif /* _VIRTIO_NET_BYPASS_FLOW_H */
