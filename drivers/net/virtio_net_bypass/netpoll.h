/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_NETPOLL_H
#define _VIRTIO_NET_BYPASS_NETPOLL_H

#include <linux/types.h>

struct net_device;
struct netpoll_info;
struct virtnet_bypass_info;

void virtnet_bypass_netpoll_join(struct virtnet_bypass_info *bypass,
				 struct net_device *vf);
void virtnet_bypass_netpoll_leave(struct virtnet_bypass_info *bypass);
int virtnet_bypass_netpoll_setup(struct net_device *dev,
				 struct netpoll_info *info);
void virtnet_bypass_netpoll_cleanup(struct net_device *dev);
void virtnet_bypass_poll_controller(struct net_device *dev);

#endif /* _VIRTIO_NET_BYPASS_NETPOLL_H */
