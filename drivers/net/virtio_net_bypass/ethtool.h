/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_ETHTOOL_H
#define _VIRTIO_NET_BYPASS_ETHTOOL_H

#include <linux/ethtool.h>

#include "compat.h"

int virtnet_bypass_get_link_ksettings(struct net_device *dev,
				      struct ethtool_link_ksettings *cmd);
int virtnet_bypass_get_ts_info(struct net_device *dev,
			       struct kernel_ethtool_ts_info *info);
int
virtnet_bypass_set_link_ksettings(struct net_device *dev,
				  const struct ethtool_link_ksettings *cmd);
int virtnet_bypass_set_coalesce(struct net_device *dev,
				struct ethtool_coalesce *coal,
				struct kernel_ethtool_coalesce *kernel,
				struct netlink_ext_ack *extack);
int virtnet_bypass_set_queue_coalesce(struct net_device *dev, u32 queue,
				      struct ethtool_coalesce *coal);
int virtnet_bypass_set_ringparam(struct net_device *dev,
				 struct ethtool_ringparam *ring,
				 struct kernel_ethtool_ringparam *kernel,
				 struct netlink_ext_ack *extack);

#endif /* _VIRTIO_NET_BYPASS_ETHTOOL_H */
