// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: tell the network of a switch.
 *
 * Switches on the way learn from the packets they see where an address is, and
 * the other path is behind another port. The stack announces the IP addresses
 * of whatever stands on the master. What has none is announced by a frame of
 * our own: the master, each address it was told to receive, and those behind
 * it.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>
#include <net/arp.h>
#include <net/virtnet_bypass.h>

#include "announce.h"
#include "bypass.h"
#include "stations.h"

/* Once at the switch and twice more, for frames that are lost on the way while
 * the host moves its filter. QEMU does it five times within a second after a
 * migration (migration/migration.c, announce_params), a bond once by default.
 */
#define VIRTNET_BYPASS_ANNOUNCE_COUNT		3
#define VIRTNET_BYPASS_ANNOUNCE_INTERVAL	(HZ / 10)

/* Stations that are announced at once: others want to send, too */
#define VIRTNET_BYPASS_ANNOUNCE_STATIONS	128

/**
 * struct virtnet_bypass_round - frames that announce addresses
 * @master: whose address they bear
 * @via: the master, or the bond or team that it is a port of: that decides
 *	which port sends
 * @frames: the frames
 */
struct virtnet_bypass_round {
	const struct net_device	*master;
	struct net_device	*via;
	struct sk_buff_head	frames;
};

/* A frame to all from @addr. As QEMU, VMware and others it is RARP, but a reply
 * that nobody has asked for, so that no server answers. Its target is the
 * master, by which we know it when it comes back.
 */
static void bypass_announce_addr(struct virtnet_bypass_round *round,
				 const u8 *addr, __be16 proto, u16 vid)
{
	struct sk_buff *skb;

	skb = arp_create(ARPOP_RREPLY, ETH_P_RARP, 0, round->via, 0, NULL, addr,
			 round->master->dev_addr);
	if (!skb)
		return;

	skb->priority = TC_PRIO_CONTROL;
	if (proto)
		__vlan_hwaccel_put_tag(skb, proto, vid);
	__skb_queue_tail(&round->frames, skb);
}

/* @dev receives by its own address and those on its list; a bridge on it has
 * one that may not be there, since its ports receive all
 */
static void bypass_announce_dev(struct virtnet_bypass_round *round,
				struct net_device *dev, __be16 proto, u16 vid)
{
	struct net_device *upper = netdev_master_upper_dev_get(dev);
	struct netdev_hw_addr *ha;

	bypass_announce_addr(round, dev->dev_addr, proto, vid);
	if (upper && netif_is_bridge_master(upper) &&
	    !ether_addr_equal(upper->dev_addr, dev->dev_addr))
		bypass_announce_addr(round, upper->dev_addr, proto, vid);

	netif_addr_lock_bh(dev);
	netdev_for_each_uc_addr(ha, dev)
		bypass_announce_addr(round, ha->addr, proto, vid);
	netif_addr_unlock_bh(dev);
}

/* A VLAN without a netdev is one of a bridge. VLAN 0 is that of all netdevs. */
static int bypass_announce_vlan(struct net_device *vlan, int vid, void *arg)
{
	struct virtnet_bypass_round *round = arg;

	if (!vid)
		return 0;
	if (!vlan)
		bypass_announce_addr(round, round->via->dev_addr,
				     htons(ETH_P_8021Q), vid);
	else if (netif_running(vlan))
		bypass_announce_dev(round, vlan,
				    vlan_dev_vlan_proto(vlan), vid);
	return 0;
}

static void bypass_announce_stations(struct virtnet_bypass_info *bypass,
				     struct virtnet_bypass_round *round)
{
	struct virtnet_bypass_station station;
	unsigned int i;

	for (i = 0; i < VIRTNET_BYPASS_ANNOUNCE_STATIONS; i++) {
		if (!virtnet_bypass_stations_next(bypass,
						  &bypass->announce.next,
						  &station))
			return;
		bypass_announce_addr(round, station.addr, station.proto,
				     station.vid);
	}
}

/* It is over when announce_next is 0 again */
static void bypass_announce_frames(struct virtnet_bypass_info *bypass)
{
	struct net_device *dev = bypass->dev;
	struct virtnet_bypass_round round;
	struct sk_buff *skb;

	round.master = dev;
	round.via = netif_is_lag_port(dev) ? netdev_master_upper_dev_get(dev) :
					     dev;
	if (!round.via || !netif_running(round.via)) {
		bypass->announce.next = 0;
		return;
	}

	__skb_queue_head_init(&round.frames);
	if (!bypass->announce.next) {
		bypass_announce_dev(&round, round.via, 0, 0);
		vlan_for_each(round.via, bypass_announce_vlan, &round);
	}
	bypass_announce_stations(bypass, &round);

	while ((skb = __skb_dequeue(&round.frames)))
		dev_queue_xmit(skb);
}

/* VLANs and macvlans pass on both events to what stands on them, bridges, bonds
 * and teams the second one to themselves, others nothing.
 */
static int bypass_announce_upper(struct net_device *upper,
				 struct netdev_nested_priv *priv)
{
	if (is_vlan_dev(upper) || netif_is_macvlan(upper))
		return 0;
	call_netdevice_notifiers(NETDEV_NOTIFY_PEERS, upper);
	if (!netif_is_bridge_master(upper) && !netif_is_lag_master(upper))
		call_netdevice_notifiers(NETDEV_RESEND_IGMP, upper);
	return 0;
}

static void bypass_announce_ip(struct virtnet_bypass_info *bypass)
{
	struct netdev_nested_priv priv = {};
	struct net_device *dev = bypass->dev;

	bypass->announce.telling = true;
	call_netdevice_notifiers(NETDEV_NOTIFY_PEERS, dev);
	bypass->announce.telling = false;
	call_netdevice_notifiers(NETDEV_RESEND_IGMP, dev);
	netdev_walk_all_upper_dev_rcu(dev, bypass_announce_upper, &priv);
}

static void bypass_announce_work(struct work_struct *work)
{
	struct virtnet_bypass_info *bypass =
		container_of(work, struct virtnet_bypass_info,
			     announce.work.work);
	struct net_device *dev = bypass->dev;

	/* Nobody would hear it */
	if (READ_ONCE(bypass->frozen))
		return;

	/* As the takeover: it can be cancelled under RTNL */
	if (!rtnl_trylock()) {
		mod_delayed_work(system_wq, &bypass->announce.work, 1);
		return;
	}

	if (xchg(&bypass->announce.anew, false) || !netif_running(dev))
		bypass->announce.next = 0;
	if (netif_running(dev)) {
		if (!bypass->announce.next)
			bypass_announce_ip(bypass);
		bypass_announce_frames(bypass);
	}
	rtnl_unlock();

	if (bypass->announce.next)
		mod_delayed_work(system_wq, &bypass->announce.work, 1);
	else if (atomic_dec_if_positive(&bypass->announce.left) > 0)
		mod_delayed_work(system_wq, &bypass->announce.work,
				 VIRTNET_BYPASS_ANNOUNCE_INTERVAL);
}

static void bypass_announce_begin(struct virtnet_bypass_info *bypass)
{
	WRITE_ONCE(bypass->announce.anew, true);
	atomic_set(&bypass->announce.left, VIRTNET_BYPASS_ANNOUNCE_COUNT);
	mod_delayed_work(system_wq, &bypass->announce.work, 0);
}

/**
 * virtnet_bypass_announce() - announce the master by the path in use
 * @bypass: a bypass whose path has just been switched
 *
 * Context: Any.
 */
void virtnet_bypass_announce(struct virtnet_bypass_info *bypass)
{
	/* 0 is for never */
	WRITE_ONCE(bypass->switched, jiffies ?: 1);
	bypass_announce_begin(bypass);
}

/**
 * virtnet_bypass_announce_asked() - somebody has the stack announce the master
 * @bypass: the bypass
 *
 * virtio_net does so when a host asks for it to which the guest has come
 * (VIRTIO_NET_F_GUEST_ANNOUNCE). Switches there need to hear of the rest, too;
 * but a guest that has had no VF stays a plain one.
 *
 * Context: RTNL held.
 */
void virtnet_bypass_announce_asked(struct virtnet_bypass_info *bypass)
{
	ASSERT_RTNL();

	if (READ_ONCE(bypass->switched) && !bypass->announce.telling)
		bypass_announce_begin(bypass);
}

/**
 * virtnet_bypass_announce_resume() - announce what was not while suspended
 * @bypass: the bypass
 *
 * Context: Any. The virtio device is not suspended any more.
 */
void virtnet_bypass_announce_resume(struct virtnet_bypass_info *bypass)
{
	if (atomic_read(&bypass->announce.left) > 0)
		mod_delayed_work(system_wq, &bypass->announce.work, 0);
}

/**
 * virtnet_bypass_announce_init() - prepare to announce
 * @bypass: the bypass
 *
 * Context: Any.
 */
void virtnet_bypass_announce_init(struct virtnet_bypass_info *bypass)
{
	INIT_DELAYED_WORK(&bypass->announce.work, bypass_announce_work);
}

/**
 * virtnet_bypass_announce_cancel() - announce no more
 * @bypass: the bypass
 *
 * Context: Process context; may sleep. RTNL may be held.
 */
void virtnet_bypass_announce_cancel(struct virtnet_bypass_info *bypass)
{
	cancel_delayed_work_sync(&bypass->announce.work);
}
