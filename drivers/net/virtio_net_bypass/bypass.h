/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In-driver failover of virtio_net: what all of its files share.
 *
 *   main.c      create, destroy and the calls virtio_net.c makes
 *   primary.c   the VF's life: match, join, open, leave
 *   pci.c       the VF as a PCI device
 *   switch.c    which path is in use, and the carrier that follows from it
 *   watch.c     have a VF of which nobody tells looked after
 *   drain.c     leave a VF in order
 *   announce.c  tell the network of a switch
 *   rarp.c      know the frames that do so when they come back
 *   tx.c        transmit: one queue, two paths
 *   flow.c      which tx queue waits, and who wakes it
 *   fit.c       do in software what a path cannot do
 *   shim.c      the VF's queueing discipline, which wakes the master
 *   rx.c        receive on both paths
 *   copies.c    frames that come by both paths
 *   stations.c  what stands behind the master
 *   follow.c    what is set on the master and has to hold on the VF
 *   vlan.c      VLAN filters
 *   features.c  offload features and sizes
 *   offload.c   transmit offloads that the master has for a VF's sake
 *   xdp.c       XDP programs
 *   queues.c    the number of tx queues
 *   xps.c       which CPU sends by which of them
 *   napi.c      what holds for the VF's NAPIs and BQL
 *   again.c     look at a VF again, and do again what it may have missed
 *   netpoll.c   let netpoll poll the VF
 *   stats.c     counters
 *   ethtool.c   link and timestamping abilities of the path in use
 *   rxhash.c    key, fields and table of the receive hash
 *   hwtstamp.c  hardware timestamps of the path in use
 *   qstats.c    counters per queue, on kernels that have them
 *   trace.c     tracepoints
 *
 * Each has a header of its name, with what others may call of it and its part
 * of struct virtnet_bypass_info, which stands here. What others may call begins
 * with virtnet_bypass_, what is static with bypass_.
 */
#ifndef _VIRTIO_NET_BYPASS_H
#define _VIRTIO_NET_BYPASS_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/sch_generic.h>
#include <net/virtnet_bypass_reason.h>

#include "again.h"
#include "announce.h"
#include "napi.h"
#include "offload.h"
#include "primary.h"
#include "rxhash.h"
#include "stats.h"
#include "xdp.h"
#include "xps.h"

struct bpf_prog;
struct netpoll;
struct netdev_stat_ops;
struct virtnet_bypass_copies;
struct virtnet_bypass_stations;

/* Bit of virtnet_bypass_txq::state: the virtio send queue of this number
 * takes no packets (ring full or being reset).
 */
#define VIRTNET_BYPASS_SQ_STOPPED	0

/* Bits of virtnet_bypass_info::blocked: why a VF that is up is not used */
#define VIRTNET_BYPASS_BLOCK_UNPLUG	BIT(0)	/* its driver is unbound */
#define VIRTNET_BYPASS_BLOCK_DOWN	BIT(1)	/* it is being set down */
#define VIRTNET_BYPASS_BLOCK_FROZEN	BIT(2)	/* the virtio device sleeps */
#define VIRTNET_BYPASS_BLOCK_MTU	BIT(3)	/* it cannot take the MTU */
#define VIRTNET_BYPASS_BLOCK_HUNG	BIT(4)	/* it sends nothing */
#define VIRTNET_BYPASS_BLOCK_DETACHED	BIT(5)	/* it may have lost settings */
#define VIRTNET_BYPASS_BLOCK_VLAN	BIT(6)	/* it has not the VLANs; RTNL */

/* Those that come with time to leave the VF in order */
#define VIRTNET_BYPASS_BLOCK_PLANNED	(VIRTNET_BYPASS_BLOCK_UNPLUG | \
					 VIRTNET_BYPASS_BLOCK_DOWN | \
					 VIRTNET_BYPASS_BLOCK_FROZEN)

/* Those that end with the VF's current life */
#define VIRTNET_BYPASS_BLOCK_VF		(VIRTNET_BYPASS_BLOCK_UNPLUG | \
					 VIRTNET_BYPASS_BLOCK_DOWN | \
					 VIRTNET_BYPASS_BLOCK_MTU | \
					 VIRTNET_BYPASS_BLOCK_HUNG | \
					 VIRTNET_BYPASS_BLOCK_DETACHED | \
					 VIRTNET_BYPASS_BLOCK_VLAN)

/**
 * struct virtnet_bypass_txq - state of one tx queue of the master
 * @state: VIRTNET_BYPASS_SQ_STOPPED, about the virtio send queue of the same
 *	number; atomic bit operations
 * @txq: the master's tx queue
 * @first: a packet that went back to its qdisc and has to be the next one,
 *	@whole if there is one; under the tx lock of @txq, only to be compared
 * @overtaker: the first one that came before it; as @first
 * @rest: frames that are left of a packet that was cut; under the tx lock of
 *	@txq, as all below
 * @whole: the packet, which waits in its qdisc; a reference to it
 * @vf_burst: the VF was handed a packet with xmit_more, and waits for the next
 *	one before it tells its hardware
 * @standby_burst: the same for virtio_net
 * @vf_rest: only a VF can take @rest; read without the lock, too
 * @others: the qdisc has others at hand which may come before @first
 */
struct virtnet_bypass_txq {
	unsigned long		state;
	struct netdev_queue	*txq;
	const struct sk_buff	*first;
	const struct sk_buff	*overtaker;
	struct sk_buff		*rest;
	struct sk_buff		*whole;
	bool			vf_burst;
	bool			standby_burst;
	bool			vf_rest;
	bool			others;
} ____cacheline_aligned_in_smp;

/**
 * struct virtnet_bypass_info - the bypass of one virtio netdev ("master")
 * @active: VF that carries the traffic, NULL while standby does. Written
 *	under @lock, read under RCU.
 * @txq: one entry per allocated tx queue of @dev
 * @orig_ndo: virtio_net's own netdev ops
 * @dev: the master
 * @num_sqs: virtio send queues that the stack may use; XDP's come after them
 * @hold: no path takes packets, the one in use is being drained; under @lock,
 *	read without
 * @frozen: the virtio device is suspended and may have no queues; written by
 *	its suspend and resume alone, read under RCU
 * @vf_shared: a tx queue of the master waited for one of @vf that another one
 *	feeds as well; set by any sender, cleared when its queues are looked at
 * @standby_up: carrier of the virtio device, under @lock, read without
 * @xdp_generic: program that the rx_handler has to run, since the VF's driver
 *	cannot. Written under RTNL, read under RCU.
 * @rx_dup: frames dropped because the other path delivers or has sent them
 * @tx_stop: times a tx queue was stopped because its path had no room
 * @copies: frames that came by one path and may come by the other one
 * @stations: addresses behind the master
 * @switched: when the path was last switched, in jiffies; 0: never
 * @vf: the enslaved VF or NULL. Written under RTNL and @lock, read under RCU
 * @vf_tracker: our reference to @vf
 * @lock: the choice of the path; nests inside RTNL, is never held around a
 *	call that takes RTNL
 * @blocked: VIRTNET_BYPASS_BLOCK_* bits, under @lock
 * @vf_since: when the VF was last chosen, in jiffies; under @lock
 * @vf_wanted: features that the VF wanted before it followed the master; RTNL
 * @netpoll: what @vf is polled for while the master is, or NULL; RTNL
 * @why_not: why the VF was not used when that was last looked at; under @lock
 * @min_mtu: least MTU of the virtio device alone, bytes; RTNL, while there is a
 *	VF
 * @max_mtu: the same for the largest
 * @headroom: needed_headroom of the virtio device alone
 * @vlan_filter: the virtio device can filter VLANs
 * @recheck: looks whether the VF is detached or hangs; only ever tries to take
 *	RTNL
 * @primary: the search for a VF, and its takeover
 * @announce: what is left of an announcement
 * @offload: transmit features for the VF's sake
 * @xdp: the program
 * @rxhash: what is set of the receive hash
 * @napi_told: what the VF's NAPIs were told; RTNL
 * @xps: which CPU sends by which queue
 * @again: what is to be done again
 * @stats: what VFs and standby have counted
 * @count: events
 * @orig_ethtool: virtio_net's own ethtool ops
 * @orig_stat_ops: virtio_net's own per-queue getters, where there are any
 * @ndo: the alternate netdev ops: a copy of @orig_ndo with ours in it
 * @ethtool: the alternate ethtool ops
 */
struct virtnet_bypass_info {
	/* needed in fast path */
	struct net_device __rcu		*active;
	struct virtnet_bypass_txq	*txq;
	const struct net_device_ops	*orig_ndo;
	struct net_device		*dev;
	unsigned int			num_sqs;
	bool				hold;
	bool				frozen;
	bool				vf_shared;
	bool				standby_up;
	struct bpf_prog __rcu		*xdp_generic;
	atomic64_t			rx_dup;
	atomic64_t			tx_stop;

	/* needed in slow path */
	struct virtnet_bypass_copies	*copies;
	struct virtnet_bypass_stations	*stations;
	unsigned long			switched;
	struct net_device __rcu		*vf;
	netdevice_tracker		vf_tracker;
	/* protects the choice of the path; nests inside RTNL */
	struct mutex			lock;
	unsigned long			blocked;
	unsigned long			vf_since;
	netdev_features_t		vf_wanted;
	struct netpoll			*netpoll;
	enum virtnet_bypass_reason	why_not;
	unsigned int			min_mtu;
	unsigned int			max_mtu;
	unsigned short			headroom;
	bool				vlan_filter;
	struct delayed_work		recheck;
	struct virtnet_bypass_primary	primary;
	struct virtnet_bypass_announce	announce;
	struct virtnet_bypass_offload	offload;
	struct virtnet_bypass_xdp	xdp;
	struct virtnet_bypass_rxhash	rxhash;
	struct virtnet_bypass_napi	napi_told;
	struct virtnet_bypass_xps	xps;
	struct virtnet_bypass_again	again;
	struct virtnet_bypass_stats	stats;
	struct virtnet_bypass_counters	count;

	const struct ethtool_ops	*orig_ethtool;
	const struct netdev_stat_ops	*orig_stat_ops;
	struct net_device_ops		ndo;
	struct ethtool_ops		ethtool;
};

/**
 * virtnet_bypass_of() - the bypass of a master
 * @dev: a netdev whose ops are the alternate ones
 *
 * The ops are embedded in the bypass, which makes this one load.
 *
 * Context: Any.
 * Return: the bypass.
 */
static inline struct virtnet_bypass_info *
virtnet_bypass_of(const struct net_device *dev)
{
	return container_of(dev->netdev_ops, struct virtnet_bypass_info, ndo);
}

/**
 * virtnet_bypass_vf_rtnl() - the enslaved VF, for those who hold RTNL
 * @bypass: the bypass
 *
 * Context: RTNL held.
 * Return: the VF or NULL.
 */
static inline struct net_device *
virtnet_bypass_vf_rtnl(struct virtnet_bypass_info *bypass)
{
	return rtnl_dereference(bypass->vf);
}

/**
 * virtnet_bypass_active_rtnl() - the VF in use, for those who hold RTNL
 * @bypass: the bypass
 *
 * Context: RTNL held.
 * Return: the VF, or NULL while standby is in use.
 */
static inline struct net_device *
virtnet_bypass_active_rtnl(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);

	return vf && rcu_access_pointer(bypass->active) == vf ? vf : NULL;
}

/**
 * virtnet_bypass_txq_index() - the number of a tx queue
 * @txq: a tx queue of any netdev
 *
 * Context: Any.
 * Return: its number among the tx queues of its netdev.
 */
static inline unsigned int
virtnet_bypass_txq_index(const struct netdev_queue *txq)
{
	return txq - netdev_get_tx_queue(txq->dev, 0);
}

#endif /* _VIRTIO_NET_BYPASS_H */
