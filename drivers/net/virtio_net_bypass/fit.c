// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: fit a packet to the path it takes.
 *
 * The stack has fitted each packet to the features of the master. Those of
 * the path in use may be fewer: what is missing is done in software here, as
 * the core does it for a netdev (validate_xmit_skb()), and under the master's
 * tx lock, so that no packet overtakes another one meanwhile.
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "compat.h"
#include "fit.h"

static bool bypass_too_scattered(const struct sk_buff *skb,
				 netdev_features_t features)
{
	if (skb_has_frag_list(skb) && !(features & NETIF_F_FRAGLIST))
		return true;
	return skb_shinfo(skb)->nr_frags && !(features & NETIF_F_SG);
}

/**
 * virtnet_bypass_fits() - can a path take a packet as it is?
 * @skb: the packet
 * @features: what the path can do with it
 *
 * In doubt it cannot: which checksums a netdev has that does not have them all
 * is for the core to tell, see virtnet_bypass_fit().
 *
 * Context: BH disabled, RCU read-side.
 * Return: true if it can.
 */
bool virtnet_bypass_fits(struct sk_buff *skb, netdev_features_t features)
{
	if (netif_needs_gso(skb, features))
		return false;
	if (skb_vlan_tag_present(skb) &&
	    !vlan_hw_offload_capable(features, skb->vlan_proto))
		return false;
	if (bypass_too_scattered(skb, features))
		return false;
	if (skb->ip_summed != CHECKSUM_PARTIAL || skb_is_gso(skb))
		return true;
	return features & NETIF_F_HW_CSUM && !skb_csum_is_sctp(skb);
}

/* The frames that @skb becomes, NULL if it only had to be looked at (its sender
 * is not trusted), or an error. @skb itself stays, since whoever sends it gets
 * it back when there is no room, and packet sockets see it then: what a tunnel
 * did to it while the inner packet was cut is undone.
 */
static struct sk_buff *bypass_cut(struct sk_buff *skb,
				  netdev_features_t features)
{
	int transport = skb_transport_offset(skb);
	int network = skb_network_offset(skb);
	bool encapsulation = skb->encapsulation;
	unsigned int mac_len = skb->mac_len;
	__be16 protocol = skb->protocol;
	unsigned int len = skb->len;
	struct sk_buff *segs;

	/* Cut for a VF with partial GSO that has gone since: the headers are
	 * those of the frames on the wire already.
	 */
	if (skb_shinfo(skb)->gso_type & SKB_GSO_PARTIAL)
		return ERR_PTR(-EPROTONOSUPPORT);

	segs = skb_gso_segment(skb, features);

	__skb_push(skb, len - skb->len);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, network);
	skb_set_transport_header(skb, transport);
	skb->encapsulation = encapsulation;
	skb->protocol = protocol;
	skb->mac_len = mac_len;
	return segs;
}

/* What can be done to @skb itself; false if that failed */
static bool bypass_complete(struct sk_buff *skb, netdev_features_t features)
{
	if (bypass_too_scattered(skb, features) &&
	    __skb_linearize(skb))
		return false;
	return skb->ip_summed != CHECKSUM_PARTIAL ||
	       !skb_csum_hwoffload_help(skb, features);
}

/**
 * virtnet_bypass_fit() - do in software what a path cannot do with a packet
 * @skb: a packet that the path cannot take, or perhaps not
 * @features: what the path can do with it
 *
 * Context: BH disabled, RCU read-side, tx lock of the master held.
 * Return: @skb, which the path can take now; or a list of packets to be sent in
 * place of @skb, which stays; or NULL, with @skb freed.
 */
struct sk_buff *virtnet_bypass_fit(struct sk_buff *skb,
				   netdev_features_t features)
{
	struct sk_buff *segs = NULL;

	/* pktgen holds on to what it sends: a copy is fitted when it is sent */
	if (unlikely(skb_shared(skb))) {
		segs = skb_clone(skb, GFP_ATOMIC);
		if (unlikely(!segs))
			goto drop;
		return segs;
	}

	if (skb_vlan_tag_present(skb) &&
	    !vlan_hw_offload_capable(features, skb->vlan_proto)) {
		struct net_device *dev = skb->dev;

		skb = __vlan_hwaccel_push_inside(skb);
		if (unlikely(!skb)) {
			dev_core_stats_tx_dropped_inc(dev);
			return NULL;
		}
	}

	if (netif_needs_gso(skb, features)) {
		segs = bypass_cut(skb, features);
		if (IS_ERR(segs))
			goto drop;
	} else if (!bypass_complete(skb, features)) {
		goto drop;
	}
	return segs ? segs : skb;

drop:
	dev_core_stats_tx_dropped_inc(skb->dev);
	dev_kfree_skb_any(skb);
	return NULL;
}
