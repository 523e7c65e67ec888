// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: hardware timestamps.
 *
 * They are those of the VF in use and belong to its clock, which goes with it:
 * nothing is kept for the next VF. Whoever synchronizes clocks has to find the
 * new one anyway (ethtool -T) and asks again. virtio_net has none.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "hwtstamp.h"

#ifdef VIRTNET_BYPASS_HAVE_HWTSTAMP_NDO
static int bypass_hwtstamp_get(struct net_device *dev,
			       struct kernel_hwtstamp_config *config)
{
	struct net_device *vf;

	vf = virtnet_bypass_active_rtnl(virtnet_bypass_of(dev));
	return vf ? generic_hwtstamp_get_lower(vf, config) : -EOPNOTSUPP;
}

static int bypass_hwtstamp_set(struct net_device *dev,
			       struct kernel_hwtstamp_config *config,
			       struct netlink_ext_ack *extack)
{
	struct net_device *vf;

	vf = virtnet_bypass_active_rtnl(virtnet_bypass_of(dev));
	return vf ? generic_hwtstamp_set_lower(vf, config, extack) :
		    -EOPNOTSUPP;
}
#else
/* Where the two operations are ioctls of the driver */
static int bypass_eth_ioctl(struct net_device *dev, struct ifreq *ifr, int cmd)
{
	struct net_device *vf;

	vf = virtnet_bypass_active_rtnl(virtnet_bypass_of(dev));
	if (!vf || !vf->netdev_ops->ndo_eth_ioctl ||
	    (cmd != SIOCGHWTSTAMP && cmd != SIOCSHWTSTAMP))
		return -EOPNOTSUPP;
	if (!netif_device_present(vf))
		return -ENODEV;
	return vf->netdev_ops->ndo_eth_ioctl(vf, ifr, cmd);
}
#endif

/**
 * virtnet_bypass_hwtstamp_ops() - put our calls into the alternate ops
 * @bypass: a bypass whose ops are a copy of virtio_net's
 *
 * Context: Process context, before the netdev is registered.
 */
void virtnet_bypass_hwtstamp_ops(struct virtnet_bypass_info *bypass)
{
	struct net_device_ops *ndo = &bypass->ndo;

#ifdef VIRTNET_BYPASS_HAVE_HWTSTAMP_NDO
	ndo->ndo_hwtstamp_get = bypass_hwtstamp_get;
	ndo->ndo_hwtstamp_set = bypass_hwtstamp_set;
#else
	ndo->ndo_eth_ioctl = bypass_eth_ioctl;
#endif
}
