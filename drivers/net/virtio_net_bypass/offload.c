// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: transmit offloads that the master has for a
 * VF's sake.
 *
 * While there is a VF the master offers what that can do and virtio_net cannot:
 * insertion of VLAN tags, segmentation of tunnels (partial or not, the VF's
 * affair), SCTP checksums. A packet that then leaves by standby is completed in
 * software (fit.c), as is one that the VF cannot take after all. Without a VF
 * the master is a virtio netdev like any other.
 */
#include <linux/minmax.h>
#include <linux/netdev_features.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "compat.h"
#include "offload.h"

#define VIRTNET_BYPASS_OFFLOADS \
	(NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX | \
	 NETIF_F_GSO_ENCAP_ALL | NETIF_F_GSO_UDP_L4 | NETIF_F_SCTP_CRC)

/* What of a VF's abilities with the inner packet counts: those with the outer
 * one the master has itself
 */
#define VIRTNET_BYPASS_ENC_OFFLOADS \
	(VIRTNET_BYPASS_OFFLOADS | NETIF_F_ALL_TSO | NETIF_F_FRAGLIST | \
	 NETIF_F_HIGHDMA)

/* The VF's that virtio_net has not, by nature or since the host offers less */
static netdev_features_t
bypass_offloads_for(const struct virtnet_bypass_info *bypass,
		    const struct net_device *vf)
{
	const struct net_device *dev = bypass->dev;

	return vf->features & VIRTNET_BYPASS_OFFLOADS &
	       ~((dev->features | dev->hw_features) & ~bypass->offload.added);
}

/* Any of its checksums will do: a packet that needs another one is looked at
 * before it is sent
 */
static netdev_features_t bypass_enc_offloads(const struct net_device *vf)
{
	netdev_features_t features = vf->hw_enc_features;

	return (features & VIRTNET_BYPASS_ENC_OFFLOADS) |
	       (features & NETIF_F_CSUM_MASK ? NETIF_F_HW_CSUM : 0);
}

/* A size or number that is as large as it may be follows the limit */
static void bypass_tso_limits(struct virtnet_bypass_info *bypass,
			      const struct net_device *vf)
{
	unsigned int size = bypass->offload.tso_max_size;
	struct net_device *dev = bypass->dev;
	unsigned int old_size = dev->tso_max_size;
	unsigned int old_segs = dev->tso_max_segs;
	u16 segs = bypass->offload.tso_max_segs;

	if (vf) {
		size = min(size, vf->tso_max_size);
		segs = min(segs, vf->tso_max_segs);
	}
	netif_set_tso_max_size(dev, size);
	netif_set_tso_max_segs(dev, segs);
	if (dev->gso_max_size == old_size)
		WRITE_ONCE(dev->gso_max_size, size);
	if (dev->gso_max_segs == old_segs)
		WRITE_ONCE(dev->gso_max_segs, segs);
	virtnet_bypass_move_gso_ipv4_max_size(dev, old_size, size);
}

/* What the user has switched off stays off for the next VF. @vf may be NULL.
 * Senders know at each moment what of the master's is not virtio_net's own.
 */
static void bypass_offload(struct virtnet_bypass_info *bypass,
			   const struct net_device *vf)
{
	netdev_features_t old = bypass->offload.added, new = 0;
	struct net_device *dev = bypass->dev;
	netdev_features_t own_vlan, own_enc;
	netdev_features_t vlan = 0, enc = 0;

	bypass_tso_limits(bypass, vf);

	own_vlan = dev->vlan_features & ~bypass->offload.vlan;
	own_enc = dev->hw_enc_features & ~bypass->offload.enc;
	if (vf) {
		new = bypass_offloads_for(bypass, vf);
		vlan = new & vf->vlan_features & ~own_vlan;
		enc = bypass_enc_offloads(vf) & ~own_enc;
	}
	if (new == old && vlan == bypass->offload.vlan &&
	    enc == bypass->offload.enc)
		return;

	bypass->offload.unwanted &= ~old;
	bypass->offload.unwanted |= old & ~dev->wanted_features;

	WRITE_ONCE(bypass->offload.added, old | new);
	WRITE_ONCE(bypass->offload.enc, bypass->offload.enc | enc);
	WRITE_ONCE(dev->hw_enc_features, own_enc | enc);
	WRITE_ONCE(dev->vlan_features, own_vlan | vlan);
	dev->hw_features |= new;
	dev->wanted_features &= ~old;
	dev->wanted_features |= new & ~bypass->offload.unwanted;
	netdev_change_features(dev);
	dev->hw_features &= ~(old & ~new);
	WRITE_ONCE(bypass->offload.enc, enc);
	WRITE_ONCE(bypass->offload.added, new);
	bypass->offload.vlan = vlan;
}

/**
 * virtnet_bypass_offload_follow() - offer what a VF can do, too
 * @bypass: the bypass
 * @vf: a VF that is linked to the master, or whose features have changed
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_offload_follow(struct virtnet_bypass_info *bypass,
				   const struct net_device *vf)
{
	ASSERT_RTNL();

	bypass_offload(bypass, vf);
}

/**
 * virtnet_bypass_offload_leave() - offer what virtio_net can do
 * @bypass: the bypass
 *
 * Packets that were fitted to more may still come.
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_offload_leave(struct virtnet_bypass_info *bypass)
{
	ASSERT_RTNL();

	bypass_offload(bypass, NULL);
}

/**
 * virtnet_bypass_offload_init() - note what virtio_net has itself
 * @bypass: the bypass of a netdev that is about to be registered
 *
 * Context: Process context.
 */
void virtnet_bypass_offload_init(struct virtnet_bypass_info *bypass)
{
	struct net_device *dev = bypass->dev;

	bypass->offload.tso_max_size = dev->tso_max_size;
	bypass->offload.tso_max_segs = dev->tso_max_segs;
}

/**
 * virtnet_bypass_standby_features() - what virtio_net can do with a packet
 * @bypass: the bypass
 * @skb: the packet, which the stack has fitted to the master
 *
 * Context: Any.
 * Return: its features for that packet.
 */
netdev_features_t
virtnet_bypass_standby_features(const struct virtnet_bypass_info *bypass,
				const struct sk_buff *skb)
{
	const struct net_device *dev = bypass->dev;
	netdev_features_t features;

	features = READ_ONCE(dev->features) & ~READ_ONCE(bypass->offload.added);
	if (skb->encapsulation)
		features &= READ_ONCE(dev->hw_enc_features) &
			    ~READ_ONCE(bypass->offload.enc);
	return features;
}
