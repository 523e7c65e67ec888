// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: what ethtool is told about the path in
 * use. The counters are in stats.c; channels, rings and coalescing are those
 * of the virtio device.
 */
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "compat.h"

/* The VF in use, if its driver may be called. The path follows one that has
 * detached it.
 */
static struct net_device *
virtnet_bypass_ethtool_vf(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf = virtnet_bypass_active_rtnl(bypass);

	return vf && netif_device_present(vf) ? vf : NULL;
}

static int virtnet_bypass_get_link_ksettings(struct net_device *dev,
					     struct ethtool_link_ksettings *cmd)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_ethtool_vf(bypass);

	if (vf)
		return __ethtool_get_link_ksettings(vf, cmd);
	return bypass->orig_ethtool->get_link_ksettings(dev, cmd);
}

static int virtnet_bypass_get_ts_info(struct net_device *dev,
				      struct kernel_ethtool_ts_info *info)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_ethtool_vf(bypass);

	if (vf && vf->ethtool_ops->get_ts_info)
		return vf->ethtool_ops->get_ts_info(vf, info);
	return bypass->orig_ethtool->get_ts_info(dev, info);
}

/**
 * virtnet_bypass_ethtool_ops() - put our getters into the alternate ops
 * @bypass: a bypass whose ops are a copy of virtio_net's
 *
 * Context: Process context, before the netdev is registered.
 */
void virtnet_bypass_ethtool_ops(struct virtnet_bypass_info *bypass)
{
	struct ethtool_ops *ethtool = &bypass->ethtool;

	ethtool->get_link_ksettings = virtnet_bypass_get_link_ksettings;
	ethtool->get_ts_info = virtnet_bypass_get_ts_info;
}
