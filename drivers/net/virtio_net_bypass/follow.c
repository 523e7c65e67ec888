// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: what is set on the master and holds on
 * the VF. On join the state is replayed, afterwards each change is passed on.
 */
#include <linux/etherdevice.h>
#include <linux/minmax.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "features.h"
#include "follow.h"
#include "napi.h"
#include "netpoll.h"
#include "rxhash.h"
#include "stations.h"
#include "switch.h"
#include "vlan.h"
#include "xdp.h"

/* What the master shows as its limits is what both paths can take. A VF's
 * maximum of 0 is none (net/core/dev.c).
 */
static void bypass_mtu_range(struct virtnet_bypass_info *bypass,
			     const struct net_device *vf)
{
	struct net_device *dev = bypass->dev;

	dev->min_mtu = max(bypass->min_mtu, vf->min_mtu);
	dev->max_mtu = min_not_zero(bypass->max_mtu, vf->max_mtu);
}

/* MTU: the master's counts. A VF that cannot take it stays enslaved, so that
 * user space sees one interface, but carries no traffic until it can.
 */
static void bypass_mtu_join(struct virtnet_bypass_info *bypass,
			    struct net_device *vf)
{
	struct net_device *dev = bypass->dev;
	int err;

	bypass->min_mtu = dev->min_mtu;
	bypass->max_mtu = dev->max_mtu;

	err = dev_set_mtu(vf, dev->mtu);
	if (!err) {
		bypass_mtu_range(bypass, vf);
		return;
	}

	netdev_warn(dev, "bypass: VF %s cannot take MTU %u (error %d), traffic stays on standby\n",
		    netdev_name(vf), dev->mtu, err);
	virtnet_bypass_block(bypass, VIRTNET_BYPASS_BLOCK_MTU, 0);
}

/**
 * virtnet_bypass_mtu_retry() - let a VF try again to take the master's MTU
 * @bypass: the bypass
 * @vf: the enslaved VF
 *
 * A PF may have been silent when the VF asked it. What is beyond the VF's
 * limits is not tried: a change of the master's MTU clears that.
 *
 * Context: RTNL held, bypass->lock not; may sleep.
 * Return: false if it is to be tried once more.
 */
bool virtnet_bypass_mtu_retry(struct virtnet_bypass_info *bypass,
			      struct net_device *vf)
{
	struct net_device *dev = bypass->dev;

	ASSERT_RTNL();

	if (!(READ_ONCE(bypass->blocked) & VIRTNET_BYPASS_BLOCK_MTU) ||
	    dev->mtu < vf->min_mtu || (vf->max_mtu && dev->mtu > vf->max_mtu))
		return true;
	if (dev_set_mtu(vf, dev->mtu))
		return false;

	bypass_mtu_range(bypass, vf);
	virtnet_bypass_block(bypass, 0, VIRTNET_BYPASS_BLOCK_MTU);
	return true;
}

static void bypass_mtu_leave(struct virtnet_bypass_info *bypass)
{
	bypass->dev->min_mtu = bypass->min_mtu;
	bypass->dev->max_mtu = bypass->max_mtu;
}

/**
 * virtnet_bypass_set_mac() - ndo_set_mac_address of the master
 * @dev: the master
 * @addr: struct sockaddr with the address
 *
 * The VF is known by the address, which therefore stays. Those who only set
 * what is there already, as a bond or a team does with its ports, may.
 *
 * Context: RTNL held; may sleep.
 * Return: 0, or the error of virtio_net, which refuses it.
 */
int virtnet_bypass_set_mac(struct net_device *dev, void *addr)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	const struct sockaddr *sa = addr;

	if (ether_addr_equal(sa->sa_data, dev->dev_addr))
		return 0;
	return bypass->orig_ndo->ndo_set_mac_address(dev, addr);
}

/**
 * virtnet_bypass_change_mtu() - ndo_change_mtu of the master
 * @dev: the master
 * @new_mtu: bytes
 *
 * Context: RTNL held; may sleep.
 * Return: 0, or the error of the path that refuses it, with the MTU as it was.
 */
int virtnet_bypass_change_mtu(struct net_device *dev, int new_mtu)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	unsigned int old_mtu = vf ? vf->mtu : 0;
	int err = 0;

	/* It is told later, and not used before */
	if (vf && !virtnet_bypass_can_tell(bypass, vf)) {
		virtnet_bypass_block(bypass, VIRTNET_BYPASS_BLOCK_MTU, 0);
		vf = NULL;
	}
	if (vf) {
		err = dev_set_mtu(vf, new_mtu);
		if (err) {
			netdev_err(dev, "bypass: MTU %d refused by VF %s: error %d\n",
				   new_mtu, netdev_name(vf), err);
			return err;
		}
	}

	if (bypass->orig_ndo->ndo_change_mtu)
		err = bypass->orig_ndo->ndo_change_mtu(dev, new_mtu);
	else
		WRITE_ONCE(dev->mtu, new_mtu);

	if (!vf)
		return err;
	if (err) {
		dev_set_mtu(vf, old_mtu);
		return err;
	}

	bypass_mtu_range(bypass, vf);
	virtnet_bypass_block(bypass, 0, VIRTNET_BYPASS_BLOCK_MTU);
	return 0;
}

static void bypass_rx_flags(struct virtnet_bypass_info *bypass,
			    struct net_device *vf, unsigned int flags, int inc)
{
	int err = 0;

	if (flags & IFF_PROMISC)
		err = dev_set_promiscuity(vf, inc);
	if (!err && flags & IFF_ALLMULTI)
		err = dev_set_allmulti(vf, inc);
	if (err)
		netdev_err(bypass->dev, "bypass: VF %s did not follow promisc or allmulti: error %d\n",
			   netdev_name(vf), err);
}

/**
 * virtnet_bypass_change_rx_flags() - ndo_change_rx_flags of the master
 * @dev: the master
 * @change: IFF_PROMISC or IFF_ALLMULTI, which have just changed to what
 *	dev->flags says
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_change_rx_flags(struct net_device *dev, int change)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);

	if (change & IFF_PROMISC)
		virtnet_bypass_stations_watch(bypass);
	if (!vf)
		return;
	bypass_rx_flags(bypass, vf, change & dev->flags, 1);
	bypass_rx_flags(bypass, vf, change & ~dev->flags, -1);
}

/**
 * virtnet_bypass_set_rx_mode() - ndo_set_rx_mode of the master
 * @dev: the master
 *
 * Context: Address lock of @dev held, BH disabled.
 */
void virtnet_bypass_set_rx_mode(struct net_device *dev)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf;

	bypass->orig_ndo->ndo_set_rx_mode(dev);

	rcu_read_lock();
	vf = rcu_dereference(bypass->vf);
	if (vf) {
		dev_uc_sync(vf, dev);
		dev_mc_sync(vf, dev);
	}
	rcu_read_unlock();
}

/* The VF's own features come back behind the unlink: as long as both are
 * linked, the core keeps off what the master has not, of
 * NETIF_F_UPPER_DISABLES (LRO), but remembers that it was wanted.
 */
static void bypass_unlink(struct virtnet_bypass_info *bypass,
			  struct net_device *vf)
{
	netdev_upper_dev_unlink(vf, bypass->dev);
	virtnet_bypass_features_leave(bypass, vf);
}

/**
 * virtnet_bypass_follow_join() - let a VF follow the master
 * @bypass: the bypass
 * @vf: the VF, which has no master yet
 *
 * It is linked to the master, and the master's settings are replayed on it.
 *
 * Context: RTNL held; may sleep.
 * Return: 0, or the error of the link or of the VF, with nothing of it left.
 */
int virtnet_bypass_follow_join(struct virtnet_bypass_info *bypass,
			       struct net_device *vf)
{
	struct net_device *dev = bypass->dev;
	int err;

	ASSERT_RTNL();

	err = netdev_master_upper_dev_link(vf, dev, NULL, NULL, NULL);
	if (err)
		return err;

	err = virtnet_bypass_features_join(bypass, vf);
	if (err) {
		bypass_unlink(bypass, vf);
		return err;
	}

	virtnet_bypass_vlan_join(bypass, vf);
	bypass_mtu_join(bypass, vf);
	virtnet_bypass_xdp_join(bypass, vf);
	virtnet_bypass_rxhash_join(bypass, vf);
	virtnet_bypass_napi_join(bypass, vf);
	virtnet_bypass_netpoll_join(bypass, vf);
	bypass_rx_flags(bypass, vf, dev->flags, 1);

	netif_addr_lock_bh(dev);
	dev_uc_sync(vf, dev);
	dev_mc_sync(vf, dev);
	netif_addr_unlock_bh(dev);
	return 0;
}

/**
 * virtnet_bypass_follow_leave() - undo virtnet_bypass_follow_join()
 * @bypass: the bypass
 * @vf: the VF, which has no master afterwards
 *
 * The VF's MTU, receive hash and NAPIs stay as they are, as the MTU does when a
 * bond releases a port that goes away.
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_follow_leave(struct virtnet_bypass_info *bypass,
				 struct net_device *vf)
{
	struct net_device *dev = bypass->dev;

	ASSERT_RTNL();

	dev_mc_unsync(vf, dev);
	dev_uc_unsync(vf, dev);
	bypass_rx_flags(bypass, vf, dev->flags, -1);
	virtnet_bypass_netpoll_leave(bypass);
	virtnet_bypass_xdp_leave(bypass, vf);
	bypass_mtu_leave(bypass);
	virtnet_bypass_vlan_leave(bypass, vf);
	bypass_unlink(bypass, vf);
}
