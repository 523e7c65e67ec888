// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: receive.
 *
 * Both paths deliver at all times, so nothing is lost while the host moves
 * its MAC filter. What the host sends to both at once, frames to a group,
 * is taken from the path in use only; our own frames never from standby.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"

/* Our own frame, which the host's switch flooded to the path that did not send
 * it. It may come late: the standby of a migration's target keeps what was
 * announced at the source, and IPv6 takes that for another host with its
 * address.
 */
static bool virtnet_bypass_is_echo(const struct net_device *dev,
				   const struct sk_buff *skb)
{
	return skb->pkt_type != PACKET_HOST &&
	       ether_addr_equal(eth_hdr(skb)->h_source, dev->dev_addr);
}

/* A frame the host has most likely sent to the other path as well */
static bool virtnet_bypass_is_copy(const struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_BROADCAST ||
	       skb->pkt_type == PACKET_MULTICAST;
}

/* RPS and XDP look up the rx queue in the master; 0 means not recorded, 1 is
 * the first one
 */
static bool virtnet_bypass_rxq_unknown(const struct virtnet_bypass_info *bypass,
				       const struct sk_buff *skb)
{
	return skb->queue_mapping > READ_ONCE(bypass->dev->real_num_rx_queues);
}

static void virtnet_bypass_rx_free(struct virtnet_bypass_info *bypass,
				   struct sk_buff *skb)
{
	atomic64_inc(&bypass->rx_dup);
	consume_skb(skb);
}

/**
 * __virtnet_bypass_rx_drop() - drop what the VF has delivered or sent already
 * @bypass: the bypass
 * @skb: packet received from the virtio device, after eth_type_trans()
 *
 * Context: NAPI poll of the virtio device.
 * Return: true when @skb was a duplicate or an echo and has been freed.
 */
bool __virtnet_bypass_rx_drop(struct virtnet_bypass_info *bypass,
			      struct sk_buff *skb)
{
	struct net_device *vf;

	if (likely(skb->pkt_type == PACKET_HOST))
		return false;

	if (virtnet_bypass_is_echo(bypass->dev, skb))
		goto free;

	vf = rcu_dereference_bh(bypass->active);
	if (!vf || !virtnet_bypass_is_copy(skb))
		return false;

	/* It delivers nothing: its driver has suspended it, or its link is gone
	 * and the event has yet to come
	 */
	if (unlikely(!netif_device_present(vf) || !netif_carrier_ok(vf))) {
		virtnet_bypass_recheck(bypass);
		return false;
	}

free:
	virtnet_bypass_rx_free(bypass, skb);
	return true;
}

/* Standby is in use, or someone else holds a reference to the packet, or
 * there is a program to run, or the VF has more rx queues than the master
 */
static noinline rx_handler_result_t
virtnet_bypass_rx_slow(struct virtnet_bypass_info *bypass,
		       struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct bpf_prog *prog;

	/* While standby is in use, it delivers the frames to groups */
	if (!rcu_access_pointer(bypass->active) &&
	    (virtnet_bypass_is_echo(bypass->dev, skb) ||
	     (READ_ONCE(bypass->standby_up) && virtnet_bypass_is_copy(skb)))) {
		virtnet_bypass_rx_free(bypass, skb);
		return RX_HANDLER_CONSUMED;
	}

	/* A tap on the VF, say: what it sees keeps its netdev */
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb)
		return RX_HANDLER_CONSUMED;

	if (virtnet_bypass_rxq_unknown(bypass, skb))
		skb_record_rx_queue(skb, skb_get_rx_queue(skb) %
				    READ_ONCE(bypass->dev->real_num_rx_queues));

	skb->dev = bypass->dev;
	prog = rcu_dereference(bypass->xdp_generic);
	if (prog)
		skb = virtnet_bypass_xdp_rx(prog, skb);
	if (!skb)
		return RX_HANDLER_CONSUMED;

	*pskb = skb;
	return RX_HANDLER_ANOTHER;
}

/**
 * virtnet_bypass_handle_frame() - rx_handler of the VF
 * @pskb: packet received from the VF; changed if it had to be unshared
 *
 * Context: Softirq, RCU read-side.
 * Return: RX_HANDLER_ANOTHER with the packet on the master, or
 * RX_HANDLER_CONSUMED.
 */
rx_handler_result_t virtnet_bypass_handle_frame(struct sk_buff **pskb)
{
	struct virtnet_bypass_info *bypass;
	struct sk_buff *skb = *pskb;

	bypass = rcu_dereference(skb->dev->rx_handler_data);
	if (unlikely(!rcu_access_pointer(bypass->active) || skb_shared(skb) ||
		     rcu_access_pointer(bypass->xdp_generic) ||
		     virtnet_bypass_rxq_unknown(bypass, skb)))
		return virtnet_bypass_rx_slow(bypass, pskb);

	skb->dev = bypass->dev;
	return RX_HANDLER_ANOTHER;
}
