// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: offload features and sizes.
 *
 * Whatever concerns transmit holds by itself: the stack fits each packet to
 * the features of the master before it chooses the path, and what that cannot
 * do is done in software (fit.c, offload.c). What concerns receive is done by
 * the VF's driver and NAPI, under the VF's own flags, which therefore follow
 * those of the master.
 */
#include <linux/netdev_features.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "compat.h"
#include "features.h"
#include "offload.h"
#include "switch.h"

/* Followed where both netdevs have them and let the user choose */
#define VIRTNET_BYPASS_FOLLOWED \
	(NETIF_F_GRO | NETIF_F_GRO_HW | NETIF_F_GRO_FRAGLIST | \
	 NETIF_F_GRO_UDP_FWD | NETIF_F_LRO | NETIF_F_RXCSUM | NETIF_F_RXHASH | \
	 NETIF_F_HW_VLAN_CTAG_RX | NETIF_F_HW_VLAN_STAG_RX | NETIF_F_NTUPLE | \
	 NETIF_F_RXFCS | NETIF_F_RXALL)

/* Make one packet of many. A program that runs in the stack sees each one, as
 * on standby.
 */
#define VIRTNET_BYPASS_MERGING	(NETIF_F_GRO | NETIF_F_GRO_HW | NETIF_F_LRO)

static netdev_features_t
bypass_followed(const struct virtnet_bypass_info *bypass,
		const struct net_device *vf)
{
	return bypass->dev->hw_features & vf->hw_features &
	       VIRTNET_BYPASS_FOLLOWED;
}

/* What is on here and off there may be for want of something else, and costs
 * nothing but time. What is off here has to be off there.
 */
static int bypass_features_set(struct virtnet_bypass_info *bypass,
			       struct net_device *vf,
			       netdev_features_t features)
{
	netdev_features_t mask = bypass_followed(bypass, vf);

	/* What is not followed does not come back: others, as forwarding, may
	 * want it off as well.
	 */
	if (rcu_access_pointer(bypass->xdp_generic)) {
		mask |= vf->hw_features & VIRTNET_BYPASS_MERGING;
		features &= ~VIRTNET_BYPASS_MERGING;
	}

	vf->wanted_features &= ~mask;
	vf->wanted_features |= features & mask;
	if (!virtnet_bypass_can_tell(bypass, vf))
		return 0;
	netdev_update_features(vf);

	return vf->features & ~features & mask ? -EIO : 0;
}

static void bypass_features_stay_on(struct virtnet_bypass_info *bypass,
				    const struct net_device *vf,
				    netdev_features_t features)
{
	netdev_features_t on = vf->features & ~features &
			       bypass_followed(bypass, vf);

	netdev_err(bypass->dev, "bypass: VF %s does not switch off %pNF\n",
		   netdev_name(vf), &on);
}

/**
 * virtnet_bypass_set_features() - ndo_set_features of the master
 * @dev: the master
 * @features: those that it is to have
 *
 * Context: RTNL held; may sleep.
 * Return: 0, or the error of the path that refuses, with the other one as it
 * was; -EIO from a VF that keeps on what is to be off.
 */
int virtnet_bypass_set_features(struct net_device *dev,
				netdev_features_t features)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	int err = 0;

	if (vf) {
		err = bypass_features_set(bypass, vf, features);
		if (err) {
			bypass_features_stay_on(bypass, vf, features);
			goto err_vf;
		}
	}

	if (bypass->orig_ndo->ndo_set_features)
		err = bypass->orig_ndo->ndo_set_features(dev, features);
	if (!err)
		return 0;

err_vf:
	if (vf)
		bypass_features_set(bypass, vf, dev->features);
	return err;
}

/**
 * virtnet_bypass_features_xdp() - a program runs in the stack, or does no more
 * @bypass: the bypass
 * @vf: the enslaved VF
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_features_xdp(struct virtnet_bypass_info *bypass,
				 struct net_device *vf)
{
	ASSERT_RTNL();

	bypass_features_set(bypass, vf, bypass->dev->features);
}

/**
 * virtnet_bypass_features_again() - features may have changed meanwhile
 * @bypass: the bypass
 * @vf: the enslaved VF, which was detached
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_features_again(struct virtnet_bypass_info *bypass,
				   struct net_device *vf)
{
	netdev_features_t features = bypass->dev->features;

	ASSERT_RTNL();

	if (bypass_features_set(bypass, vf, features))
		bypass_features_stay_on(bypass, vf, features);
}

/**
 * virtnet_bypass_features_join() - let a VF follow the master's features
 * @bypass: the bypass
 * @vf: a VF that is linked to the master
 *
 * Context: RTNL held; may sleep.
 * Return: 0, or -EIO when the VF keeps on what the master has switched off; its
 * own features are to be given back then as well.
 */
int virtnet_bypass_features_join(struct virtnet_bypass_info *bypass,
				 struct net_device *vf)
{
	struct net_device *dev = bypass->dev;
	int err;

	ASSERT_RTNL();

	/* The VF's header needs are in front of every packet of the master */
	WRITE_ONCE(dev->needed_headroom,
		   max(bypass->headroom, vf->needed_headroom));

	bypass->vf_wanted = vf->wanted_features;
	err = bypass_features_set(bypass, vf, dev->features);
	if (err)
		return err;

	/* Nobody is told of a later change, so it holds for the next VF */
	WRITE_ONCE(vf->gro_max_size, dev->gro_max_size);
	virtnet_bypass_copy_gro_ipv4_max_size(vf, dev);
	virtnet_bypass_offload_follow(bypass, vf);
	return 0;
}

/**
 * virtnet_bypass_features_leave() - give a VF its own features back
 * @bypass: the bypass
 * @vf: a VF that is not linked to the master any more
 *
 * One that is being unregistered needs none.
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_features_leave(struct virtnet_bypass_info *bypass,
				   struct net_device *vf)
{
	ASSERT_RTNL();

	virtnet_bypass_offload_leave(bypass);
	WRITE_ONCE(bypass->dev->needed_headroom, bypass->headroom);
	if (vf->reg_state == NETREG_REGISTERED)
		bypass_features_set(bypass, vf, bypass->vf_wanted);
}

/**
 * virtnet_bypass_features_init() - note what virtio_net has itself
 * @bypass: the bypass of a netdev that is about to be registered
 *
 * Context: Process context.
 */
void virtnet_bypass_features_init(struct virtnet_bypass_info *bypass)
{
	bypass->headroom = bypass->dev->needed_headroom;
	virtnet_bypass_offload_init(bypass);
}
