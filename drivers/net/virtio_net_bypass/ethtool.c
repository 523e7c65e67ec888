// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: what ethtool is told about the path in
 * use. The counters are in stats.c; channels, rings and coalescing are those
 * of the virtio device. While a VF carries the traffic, a change of its rings,
 * coalescing or link would have no effect, and is refused.
 */
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "compat.h"
#include "ethtool.h"

/* The VF in use, if its driver may be called. The path follows one that has
 * detached it.
 */
static struct net_device *bypass_ethtool_vf(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf = virtnet_bypass_active_rtnl(bypass);

	return vf && netif_device_present(vf) ? vf : NULL;
}

/**
 * virtnet_bypass_get_link_ksettings() - get_link_ksettings of the master
 * @dev: the master
 * @cmd: where to put speed and duplex mode of the path in use
 *
 * Context: RTNL held; may sleep.
 * Return: 0 or the path's error.
 */
int virtnet_bypass_get_link_ksettings(struct net_device *dev,
				      struct ethtool_link_ksettings *cmd)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = bypass_ethtool_vf(bypass);

	if (vf)
		return __ethtool_get_link_ksettings(vf, cmd);
	return bypass->orig_ethtool->get_link_ksettings(dev, cmd);
}

/**
 * virtnet_bypass_get_ts_info() - get_ts_info of the master
 * @dev: the master
 * @info: where to put what the path in use can stamp
 *
 * Context: RTNL held; may sleep.
 * Return: 0 or the path's error.
 */
int virtnet_bypass_get_ts_info(struct net_device *dev,
			       struct kernel_ethtool_ts_info *info)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = bypass_ethtool_vf(bypass);

	if (vf && vf->ethtool_ops->get_ts_info)
		return vf->ethtool_ops->get_ts_info(vf, info);
	return bypass->orig_ethtool->get_ts_info(dev, info);
}

static int bypass_on_vf(struct virtnet_bypass_info *bypass,
			struct netlink_ext_ack *extack)
{
	if (!rcu_access_pointer(bypass->active))
		return 0;
	NL_SET_ERR_MSG_MOD(extack, "The VF carries the traffic: set it there");
	return -EBUSY;
}

/**
 * virtnet_bypass_set_link_ksettings() - set_link_ksettings of the master
 * @dev: the master
 * @cmd: speed and duplex mode
 *
 * Context: RTNL held; may sleep.
 * Return: 0, -EBUSY while the VF carries the traffic, or virtio_net's error.
 */
int
virtnet_bypass_set_link_ksettings(struct net_device *dev,
				  const struct ethtool_link_ksettings *cmd)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);

	return bypass_on_vf(bypass, NULL) ?:
	       bypass->orig_ethtool->set_link_ksettings(dev, cmd);
}

/**
 * virtnet_bypass_set_coalesce() - set_coalesce of the master
 * @dev: the master
 * @coal: what is to be set
 * @kernel: the same, what came later
 * @extack: for the reason of an error
 *
 * Context: RTNL held; may sleep.
 * Return: as virtnet_bypass_set_link_ksettings().
 */
int virtnet_bypass_set_coalesce(struct net_device *dev,
				struct ethtool_coalesce *coal,
				struct kernel_ethtool_coalesce *kernel,
				struct netlink_ext_ack *extack)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);

	return bypass_on_vf(bypass, extack) ?:
	       bypass->orig_ethtool->set_coalesce(dev, coal, kernel, extack);
}

/**
 * virtnet_bypass_set_queue_coalesce() - set_per_queue_coalesce of the master
 * @dev: the master
 * @queue: number of the queue
 * @coal: what is to be set
 *
 * Context: RTNL held; may sleep.
 * Return: as virtnet_bypass_set_link_ksettings().
 */
int virtnet_bypass_set_queue_coalesce(struct net_device *dev, u32 queue,
				      struct ethtool_coalesce *coal)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);

	return bypass_on_vf(bypass, NULL) ?:
	       bypass->orig_ethtool->set_per_queue_coalesce(dev, queue, coal);
}

/**
 * virtnet_bypass_set_ringparam() - set_ringparam of the master
 * @dev: the master
 * @ring: what is to be set
 * @kernel: the same, what came later
 * @extack: for the reason of an error
 *
 * Context: RTNL held; may sleep.
 * Return: as virtnet_bypass_set_link_ksettings().
 */
int virtnet_bypass_set_ringparam(struct net_device *dev,
				 struct ethtool_ringparam *ring,
				 struct kernel_ethtool_ringparam *kernel,
				 struct netlink_ext_ack *extack)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);

	return bypass_on_vf(bypass, extack) ?:
	       bypass->orig_ethtool->set_ringparam(dev, ring, kernel, extack);
}
