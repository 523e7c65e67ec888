// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: receive.
 *
 * Both paths deliver at all times, so nothing is lost while the host moves its
 * MAC filter. A frame for the master's own address is taken from either path.
 * Of others the host may send a copy to each path, of which one is taken: of
 * those to a group that of the path in use, of those to an address behind the
 * master the first one (copies.c). What left by the one path is no news from
 * the other.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <net/rtnetlink.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "copies.h"
#include "rarp.h"
#include "rx.h"
#include "stations.h"
#include "watch.h"
#include "xdp.h"

/* Longer than a frame is on its way to a switch and back */
#define VIRTNET_BYPASS_ECHO_TIME	HZ

/* Has the path been switched just now? */
static bool bypass_has_switched(const struct virtnet_bypass_info *bypass)
{
	unsigned long switched = READ_ONCE(bypass->switched);

	return switched &&
	       time_before(jiffies, switched + VIRTNET_BYPASS_ECHO_TIME);
}

static int bypass_hears_master(struct net_device *upper,
			       struct netdev_nested_priv *priv)
{
	static const char * const kinds[] = {
		"macvlan", "macvtap", "ipvlan", "ipvtap",
	};

	return upper->rtnl_link_ops &&
	       match_string(kinds, ARRAY_SIZE(kinds),
			    upper->rtnl_link_ops->kind) >= 0;
}

/* A switch in VEPA mode gives what the master says back to its macvlans, by the
 * same port. With none of these there nobody can miss it.
 */
static bool bypass_wants_reflection(struct net_device *dev)
{
	struct netdev_nested_priv priv = {};

	return netdev_walk_all_upper_dev_rcu(dev, bypass_hears_master, &priv);
}

/* Our own frame, which the host's switch flooded to the path that did not send
 * it. A bridge on the master would take the station behind it, whose frame it
 * was, for one in front of it. It may come late: the standby of a migration's
 * target keeps what was announced at the source, and IPv6 takes that for
 * another host with its address. Without any VF so far there is no other path.
 */
static bool bypass_is_echo(const struct virtnet_bypass_info *bypass,
			   const struct sk_buff *skb, bool by_vf, bool in_use)
{
	bool near = !in_use || bypass_has_switched(bypass);
	const u8 *source = eth_hdr(skb)->h_source;
	struct net_device *dev = bypass->dev;

	if (!READ_ONCE(bypass->switched) && in_use)
		return false;
	if (ether_addr_equal(source, dev->dev_addr))
		return near ||
		       (!by_vf && !bypass_wants_reflection(dev));
	return virtnet_bypass_is_announcement(bypass, skb,
					      skb_mac_offset(skb)) ||
	       (near && virtnet_bypass_station_sends(bypass, source));
}

/* Does standby deliver all that is for the guest? Also if the VF in use
 * delivers nothing: its driver has suspended it, or its link is gone and the
 * event has yet to come.
 */
static bool bypass_standby_in_use(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf = rcu_dereference_bh(bypass->active);

	if (vf && likely(netif_device_present(vf) && netif_carrier_ok(vf)))
		return false;
	if (vf)
		virtnet_bypass_recheck(bypass);
	return true;
}

/* While standby is in use and its link is down, the VF delivers as well */
static bool bypass_vf_in_use(const struct virtnet_bypass_info *bypass)
{
	return rcu_access_pointer(bypass->active) ||
	       !READ_ONCE(bypass->standby_up);
}

/* Can a copy come by the other path? */
static bool bypass_has_two_paths(const struct virtnet_bypass_info *bypass)
{
	const struct net_device *vf = rcu_dereference_bh(bypass->vf);

	return (vf && netif_running(vf)) || bypass_has_switched(bypass);
}

/* Is a frame that is not for the master's own address to be delivered? */
static bool bypass_rx_other(struct virtnet_bypass_info *bypass,
			    const struct sk_buff *skb, bool by_vf)
{
	bool in_use = by_vf ? bypass_vf_in_use(bypass) :
			      bypass_standby_in_use(bypass);

	if (bypass_is_echo(bypass, skb, by_vf, in_use))
		return false;
	if (!by_vf && !bypass_has_two_paths(bypass))
		return true;
	return virtnet_bypass_copies_take(bypass, skb, by_vf, in_use ||
					  skb->pkt_type == PACKET_OTHERHOST);
}

/* XDP looks up the rx queue in the master, as RPS has done in the VF; 0 means
 * not recorded, 1 is the first one
 */
static bool bypass_rxq_unknown(const struct virtnet_bypass_info *bypass,
			       const struct sk_buff *skb)
{
	return skb->queue_mapping > READ_ONCE(bypass->dev->real_num_rx_queues);
}

static void bypass_rx_free(struct virtnet_bypass_info *bypass,
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
	if (likely(skb->pkt_type == PACKET_HOST) ||
	    bypass_rx_other(bypass, skb, false))
		return false;

	bypass_rx_free(bypass, skb);
	return true;
}

/* The packet is not for the master's own address, or someone else holds a
 * reference to it, or there is a program to run, or the VF has more rx queues
 * than the master
 */
static noinline rx_handler_result_t
bypass_rx_slow(struct virtnet_bypass_info *bypass, struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct bpf_prog *prog;

	if (skb->pkt_type != PACKET_HOST &&
	    !bypass_rx_other(bypass, skb, true)) {
		bypass_rx_free(bypass, skb);
		return RX_HANDLER_CONSUMED;
	}

	/* A tap on the VF, say: what it sees keeps its netdev */
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb)
		return RX_HANDLER_CONSUMED;

	if (bypass_rxq_unknown(bypass, skb))
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
	if (unlikely(skb->pkt_type != PACKET_HOST || skb_shared(skb) ||
		     rcu_access_pointer(bypass->xdp_generic) ||
		     bypass_rxq_unknown(bypass, skb)))
		return bypass_rx_slow(bypass, pskb);

	skb->dev = bypass->dev;
	return RX_HANDLER_ANOTHER;
}
