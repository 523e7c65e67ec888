// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: frames that announce an address
 * (announce.c), known when they leave or come back.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "bypass.h"
#include "rarp.h"

/**
 * struct virtnet_bypass_rarp - RARP for Ethernet and IPv4 (RFC 903)
 * @head: what it is
 * @sender: MAC that it tells of
 * @sender_ip: none
 * @target: MAC of the master
 * @target_ip: none
 */
struct virtnet_bypass_rarp {
	struct arphdr	head;
	u8		sender[ETH_ALEN];
	__be32		sender_ip;
	u8		target[ETH_ALEN];
	__be32		target_ip;
} __packed;

/**
 * virtnet_bypass_is_announcement() - have we made this frame ourselves?
 * @bypass: the bypass
 * @skb: a frame that leaves, or has come in
 * @offset: where it begins, from its data on
 *
 * One that a switch gives back would tell a bridge on the master that the
 * station is in front of it; at a migration's target, at any time.
 *
 * Context: Any.
 * Return: true if it announces an address of this master.
 */
bool virtnet_bypass_is_announcement(const struct virtnet_bypass_info *bypass,
				    const struct sk_buff *skb, int offset)
{
	const struct virtnet_bypass_rarp *rarp;
	struct virtnet_bypass_rarp _rarp;
	__be16 proto;

	offset += ETH_HLEN;
	if (skb_copy_bits(skb, offset - sizeof(proto), &proto, sizeof(proto)))
		return false;
	if (eth_type_vlan(proto)) {
		offset += VLAN_HLEN;
		if (skb_copy_bits(skb, offset - sizeof(proto), &proto,
				  sizeof(proto)))
			return false;
	}
	if (proto != htons(ETH_P_RARP))
		return false;

	rarp = skb_header_pointer(skb, offset, sizeof(_rarp), &_rarp);
	return rarp && rarp->head.ar_op == htons(ARPOP_RREPLY) &&
	       ether_addr_equal(rarp->target, bypass->dev->dev_addr);
}
