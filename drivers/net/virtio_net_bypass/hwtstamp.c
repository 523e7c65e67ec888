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
/**
 * virtnet_bypass_hwtstamp_get() - ndo_hwtstamp_get of the master
 * @dev: the master
 * @config: where to put what is set
 *
 * Context: RTNL held; may sleep.
 * Return: 0, -EOPNOTSUPP on standby, or the VF's error.
 */
int virtnet_bypass_hwtstamp_get(struct net_device *dev,
				struct kernel_hwtstamp_config *config)
{
	struct net_device *vf;

	vf = virtnet_bypass_active_rtnl(virtnet_bypass_of(dev));
	return vf ? generic_hwtstamp_get_lower(vf, config) : -EOPNOTSUPP;
}

/**
 * virtnet_bypass_hwtstamp_set() - ndo_hwtstamp_set of the master
 * @dev: the master
 * @config: what is to be stamped; what the VF made of it
 * @extack: for the VF's driver
 *
 * Context: RTNL held; may sleep.
 * Return: 0, -EOPNOTSUPP on standby, or the VF's error.
 */
int virtnet_bypass_hwtstamp_set(struct net_device *dev,
				struct kernel_hwtstamp_config *config,
				struct netlink_ext_ack *extack)
{
	struct net_device *vf;

	vf = virtnet_bypass_active_rtnl(virtnet_bypass_of(dev));
	return vf ? generic_hwtstamp_set_lower(vf, config, extack) :
		    -EOPNOTSUPP;
}
#else
/**
 * virtnet_bypass_eth_ioctl() - ndo_eth_ioctl of the master
 * @dev: the master
 * @ifr: argument of the ioctl
 * @cmd: the ioctl
 *
 * Where the two operations are ioctls of the driver.
 *
 * Context: RTNL held; may sleep.
 * Return: 0, -EOPNOTSUPP on standby or for another ioctl, -ENODEV for a VF that
 * is detached, or the VF's error.
 */
int virtnet_bypass_eth_ioctl(struct net_device *dev, struct ifreq *ifr, int cmd)
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
