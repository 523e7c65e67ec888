/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_NETPOLL_H
#define _VIRTIO_NET_BYPASS_NETPOLL_H

#include <linux/types.h>

struct net_device;
struct virtnet_bypass_info;

void virtnet_bypass_netpoll_join(struct virtnet_bypass_info *bypass,
				 struct net_device *vf);
void virtnet_bypass_netpoll_leave(struct virtnet_bypass_info *bypass);
void virtnet_bypass_netpoll_ops(struct virtnet_bypass_info *bypass);

#endif /* _VIRTIO_NET_BYPASS_NETPOLL_H */
