// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: VLAN filters. The VF has those of the
 * master, or carries no traffic: a filter of a few dozen VLANs is what a VF
 * runs out of first.
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "switch.h"
#include "vlan.h"
#include "watch.h"

/* The virtio device filters 802.1Q VLANs, and only if it has a control queue
 * for that. The VF may filter where it does not, so the master always claims
 * to, for both kinds of tag.
 */
static bool bypass_filters_vlan(struct virtnet_bypass_info *bypass,
				__be16 proto)
{
	return bypass->vlan_filter && proto == htons(ETH_P_8021Q);
}

/* Has the VF all of the master's VLANs, or none? */
static bool bypass_vlan_on_vf(const struct virtnet_bypass_info *bypass)
{
	return !(READ_ONCE(bypass->blocked) & VIRTNET_BYPASS_BLOCK_VLAN);
}

/* Now that @vf has none of the master's VLANs */
static void bypass_vlan_unable(struct virtnet_bypass_info *bypass,
			       struct net_device *vf, int err)
{
	netdev_warn(bypass->dev, "bypass: VF %s cannot take the VLANs (error %d), traffic stays on standby\n",
		    netdev_name(vf), err);
	virtnet_bypass_block(bypass, VIRTNET_BYPASS_BLOCK_VLAN, 0);
}

/* A VF that could not take the master's VLANs tries again from the work: while
 * an op adds or removes one, the core's list is not what it will be.
 */
static int bypass_vlan_add_vf(struct virtnet_bypass_info *bypass,
			      struct net_device *vf, __be16 proto, u16 vid)
{
	struct net_device *dev = bypass->dev;
	int err;

	if (!bypass_vlan_on_vf(bypass)) {
		virtnet_bypass_recheck(bypass);
		return 0;
	}

	virtnet_bypass_can_tell(bypass, vf);
	err = vlan_vid_add(vf, proto, vid);
	if (!err)
		return 0;

	if (virtnet_bypass_active_rtnl(bypass)) {
		netdev_err(dev, "bypass: VLAN %u refused by VF %s: error %d\n",
			   vid, netdev_name(vf), err);
		return err;
	}

	/* Nobody misses it, and its PF may be as silent as its link */
	vlan_vids_del_by_dev(vf, dev);
	bypass_vlan_unable(bypass, vf, err);
	return 0;
}

static void bypass_vlan_kill_vf(struct virtnet_bypass_info *bypass,
				struct net_device *vf, __be16 proto, u16 vid)
{
	if (bypass_vlan_on_vf(bypass))
		vlan_vid_del(vf, proto, vid);
	else
		virtnet_bypass_recheck(bypass);
}

/**
 * virtnet_bypass_vlan_add() - ndo_vlan_rx_add_vid of the master
 * @dev: the master
 * @proto: ETH_P_8021Q or ETH_P_8021AD
 * @vid: the VLAN
 *
 * Context: RTNL held; may sleep.
 * Return: 0, or the error of the path that cannot take it, with neither having
 * it.
 */
int virtnet_bypass_vlan_add(struct net_device *dev, __be16 proto, u16 vid)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	int err = 0;

	if (vf)
		err = bypass_vlan_add_vf(bypass, vf, proto, vid);
	if (err || !bypass_filters_vlan(bypass, proto))
		return err;

	err = bypass->orig_ndo->ndo_vlan_rx_add_vid(dev, proto, vid);
	if (err && vf)
		bypass_vlan_kill_vf(bypass, vf, proto, vid);
	return err;
}

/**
 * virtnet_bypass_vlan_kill() - ndo_vlan_rx_kill_vid of the master
 * @dev: the master
 * @proto: ETH_P_8021Q or ETH_P_8021AD
 * @vid: the VLAN
 *
 * Context: RTNL held; may sleep.
 * Return: 0 or virtio_net's error.
 */
int virtnet_bypass_vlan_kill(struct net_device *dev, __be16 proto, u16 vid)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);

	if (vf)
		bypass_vlan_kill_vf(bypass, vf, proto, vid);
	if (!bypass_filters_vlan(bypass, proto))
		return 0;
	return bypass->orig_ndo->ndo_vlan_rx_kill_vid(dev, proto, vid);
}

/**
 * virtnet_bypass_vlan_join() - give a VF the master's VLANs
 * @bypass: the bypass
 * @vf: a VF that is linked to the master
 *
 * One that cannot take all of them gets none. It stays enslaved, so that user
 * space sees one interface, but carries no traffic until it can.
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_vlan_join(struct virtnet_bypass_info *bypass,
			      struct net_device *vf)
{
	int err;

	ASSERT_RTNL();

	err = vlan_vids_add_by_dev(vf, bypass->dev);
	if (err)
		bypass_vlan_unable(bypass, vf, err);
}

/**
 * virtnet_bypass_vlan_leave() - take the master's VLANs off a VF
 * @bypass: the bypass
 * @vf: a VF that is still linked to the master
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_vlan_leave(struct virtnet_bypass_info *bypass,
			       struct net_device *vf)
{
	ASSERT_RTNL();

	if (bypass_vlan_on_vf(bypass))
		vlan_vids_del_by_dev(vf, bypass->dev);
}

/**
 * virtnet_bypass_vlan_retry() - let a VF try again to take the master's VLANs
 * @bypass: the bypass
 *
 * Nothing is said if it still cannot: its driver does that.
 *
 * Context: RTNL held, bypass->lock not; may sleep.
 */
void virtnet_bypass_vlan_retry(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);

	ASSERT_RTNL();

	if (vf && !bypass_vlan_on_vf(bypass) &&
	    !vlan_vids_add_by_dev(vf, bypass->dev))
		virtnet_bypass_block(bypass, 0, VIRTNET_BYPASS_BLOCK_VLAN);
}

/* @vlan is NULL for VLAN 0, which all netdevs have as an 802.1Q one */
static __be16 bypass_vlan_proto(const struct net_device *vlan)
{
	return vlan ? vlan_dev_vlan_proto(vlan) : htons(ETH_P_8021Q);
}

static int bypass_vlan_restore_one(struct net_device *vlan, int vid, void *arg)
{
	struct virtnet_bypass_info *bypass = arg;
	__be16 proto = bypass_vlan_proto(vlan);

	if (!bypass_filters_vlan(bypass, proto))
		return 0;
	return bypass->orig_ndo->ndo_vlan_rx_add_vid(bypass->dev, proto, vid);
}

/**
 * virtnet_bypass_vlan_restore() - tell a virtio device again what it forgot
 * @bypass: the bypass
 *
 * The reset of a suspend empties its VLAN filter, and virtio_net does not fill
 * it again. It shows with the next change of the rx mode, as QEMU's device is
 * promiscuous after a reset.
 *
 * Context: Process context, RTNL not held; may sleep. The device is ready.
 */
void virtnet_bypass_vlan_restore(struct virtnet_bypass_info *bypass)
{
	rtnl_lock();
	vlan_for_each(bypass->dev, bypass_vlan_restore_one, bypass);
	rtnl_unlock();
}

/* Drivers fill the VLAN filter of a device that they have reset, and to some it
 * is an error to hear of a VLAN twice (mlx5, qede, sfc). The master's own
 * driver does not fill it, see virtnet_bypass_vlan_restore().
 */
static bool bypass_forgets(const struct virtnet_bypass_info *bypass,
			   const struct net_device *vf)
{
	return vf->netdev_ops->ndo_vlan_rx_add_vid ==
	       bypass->orig_ndo->ndo_vlan_rx_add_vid;
}

static int bypass_vlan_again_one(struct net_device *vlan, int vid, void *arg)
{
	__be16 proto = bypass_vlan_proto(vlan);
	struct net_device *vf = arg;
	netdev_features_t filter;
	int err;

	filter = proto == htons(ETH_P_8021Q) ? NETIF_F_HW_VLAN_CTAG_FILTER :
					       NETIF_F_HW_VLAN_STAG_FILTER;
	if (!(vf->features & filter))
		return 0;

	err = vf->netdev_ops->ndo_vlan_rx_add_vid(vf, proto, vid);
	if (err)
		netdev_err(vf, "bypass: VLAN %d refused after a reset: error %d\n",
			   vid, err);
	return 0;
}

/**
 * virtnet_bypass_vlan_again() - tell a VF again what it may have forgotten
 * @bypass: the bypass
 * @vf: a VF that was detached, and is there again
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_vlan_again(struct virtnet_bypass_info *bypass,
			       struct net_device *vf)
{
	ASSERT_RTNL();

	if (bypass_forgets(bypass, vf) &&
	    bypass_vlan_on_vf(bypass))
		vlan_for_each(bypass->dev, bypass_vlan_again_one, vf);
}

/**
 * virtnet_bypass_vlan_init() - let the master filter VLANs, for a VF's sake
 * @bypass: the bypass of a netdev that is about to be registered
 *
 * Context: Process context.
 */
void virtnet_bypass_vlan_init(struct virtnet_bypass_info *bypass)
{
	struct net_device *dev = bypass->dev;

	bypass->vlan_filter = dev->features & NETIF_F_HW_VLAN_CTAG_FILTER;
	dev->features |= NETIF_F_HW_VLAN_CTAG_FILTER |
			 NETIF_F_HW_VLAN_STAG_FILTER;
}
