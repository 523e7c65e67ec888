/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_HWTSTAMP_H
#define _VIRTIO_NET_BYPASS_HWTSTAMP_H

struct ifreq;
struct kernel_hwtstamp_config;
struct net_device;
struct netlink_ext_ack;

int virtnet_bypass_hwtstamp_get(struct net_device *dev,
				struct kernel_hwtstamp_config *config);
int virtnet_bypass_hwtstamp_set(struct net_device *dev,
				struct kernel_hwtstamp_config *config,
				struct netlink_ext_ack *extack);
int virtnet_bypass_eth_ioctl(struct net_device *dev, struct ifreq *ifr,
			     int cmd);

#endif /* _VIRTIO_NET_BYPASS_HWTSTAMP_H */
