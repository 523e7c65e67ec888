/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In-driver failover of virtio_net: what its files share.
 *
 *   main.c      create, destroy and the calls virtio_net.c makes
 *   primary.c   the VF's life: match, join, open, leave
 *   switch.c    which path is in use, and the carrier that follows from it
 *   watch.c     look after a VF of which nobody tells
 *   drain.c     leave a VF in order
 *   announce.c  tell the network of a switch
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
 *   again.c     what is done again, later
 *   netpoll.c   let netpoll poll the VF
 *   stats.c     counters
 *   ethtool.c   link and timestamping abilities of the path in use
 *   rxhash.c    key, fields and table of the receive hash
 *   hwtstamp.c  hardware timestamps of the path in use
 *   qstats.c    counters per queue, on kernels that have them
 *
 * What other files may call begins with virtnet_bypass_, what is static with
 * bypass_.
 */
#ifndef _VIRTIO_NET_BYPASS_H
#define _VIRTIO_NET_BYPASS_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/rtnetlink.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/sch_generic.h>
#include <net/virtnet_bypass_reason.h>

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

/* How long until the next look at a VF that is detached */
#define VIRTNET_BYPASS_RECHECK_INTERVAL	HZ

/* Those that end with the VF's current life */
#define VIRTNET_BYPASS_BLOCK_VF		(VIRTNET_BYPASS_BLOCK_UNPLUG | \
					 VIRTNET_BYPASS_BLOCK_DOWN | \
					 VIRTNET_BYPASS_BLOCK_MTU | \
					 VIRTNET_BYPASS_BLOCK_HUNG | \
					 VIRTNET_BYPASS_BLOCK_DETACHED | \
					 VIRTNET_BYPASS_BLOCK_VLAN)

/* Bits of virtnet_bypass_info::again_due */
#define VIRTNET_BYPASS_AGAIN_XPS	0	/* spread the CPUs */
#define VIRTNET_BYPASS_AGAIN_RXHASH	1	/* tell the receive hash */

/**
 * struct virtnet_bypass_txq - state of one tx queue of the master
 * @state: VIRTNET_BYPASS_SQ_STOPPED, about the virtio send queue of the same
 *	number; atomic bit operations
 * @txq: the master's tx queue
 * @vf_burst: the VF was handed a packet with xmit_more, and waits for the next
 *	one before it tells its hardware; under the tx lock of @txq
 * @standby_burst: the same for virtio_net
 * @vf_rest: only a VF can take @rest; written as @vf_burst is, read without
 * @rest: frames that are left of a packet that was cut; as @vf_burst
 * @whole: the packet, which waits in its qdisc; a reference to it
 * @first: a packet that went back to its qdisc and has to be the next one,
 *	@whole if there is one; as @vf_burst, and only to be compared
 * @overtaker: the first one that came before it; as @first
 * @others: the qdisc has others at hand which may come before it; as @vf_burst
 */
struct virtnet_bypass_txq {
	unsigned long		state;
	struct netdev_queue	*txq;
	bool			vf_burst;
	bool			standby_burst;
	bool			vf_rest;
	bool			others;
	struct sk_buff		*rest;
	struct sk_buff		*whole;
	const struct sk_buff	*first;
	const struct sk_buff	*overtaker;
} ____cacheline_aligned_in_smp;

/**
 * struct virtnet_bypass_counters - events since the master was created
 * @to_vf: datapath switched to the VF
 * @to_standby: datapath switched to standby
 * @vf_join: VFs enslaved
 * @vf_leave: VFs released
 * @vf_join_err: VFs that matched and could not be enslaved
 * @undrained: times a VF was left before it had sent what it was given
 *
 * Those of joins are written under RTNL, the others under
 * virtnet_bypass_info::lock; all are read without.
 */
struct virtnet_bypass_counters {
	u64	to_vf;
	u64	to_standby;
	u64	vf_join;
	u64	vf_leave;
	u64	vf_join_err;
	u64	undrained;
};

/* Every member of struct rtnl_link_stats64 is a __u64 */
#define VIRTNET_BYPASS_LINK_STATS \
	(sizeof(struct rtnl_link_stats64) / sizeof(u64))

/**
 * struct virtnet_bypass_counted - what is known of one counter of the VF
 * @last: what it read when its sum was last brought up to date, U64_MAX before
 *	that
 * @peak: what it read before it went back; 0 if it did not, is back there, or
 *	was reset
 * @since: what was added to its sum since then
 */
struct virtnet_bypass_counted {
	u64	last;
	u64	peak;
	u64	since;
};

/**
 * struct virtnet_bypass_napi - what the VF was last told of the master's sysfs
 * @gro_flush_timeout: when its NAPIs flush GRO, ns
 * @defer_hard_irqs: how often they poll before they ask for an interrupt
 * @threaded: they are threads
 */
struct virtnet_bypass_napi {
	unsigned long	gro_flush_timeout;
	unsigned int	defer_hard_irqs;
	bool		threaded;
};

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
 * @why_not: why the VF was not used when that was last looked at; under @lock
 * @vf_since: when the VF was last chosen, in jiffies; under @lock
 * @standby_up: carrier of the virtio device, under @lock, read without
 * @vlan_filter: the virtio device can filter VLANs
 * @min_mtu: least MTU of the virtio device alone, bytes; RTNL, while there is a
 *	VF
 * @max_mtu: the same for the largest
 * @headroom: needed_headroom of the virtio device alone
 * @offloads: transmit features that the master has for the VF's sake. Written
 *	under RTNL, read without.
 * @enc_offloads: the same of its hw_enc_features
 * @vlan_offloads: the same of its vlan_features; RTNL
 * @unwanted: those of @offloads that a user has switched off; RTNL
 * @tso_max_size: tso_max_size of the virtio device alone
 * @tso_max_segs: the same for tso_max_segs
 * @vf_wanted: features that the VF wanted before it followed the master; RTNL
 * @xdp_prog: native program of the master, with a reference. Written under
 *	RTNL, read without to see whether there is one.
 * @xdp_native: the VF's driver runs @xdp_prog; written under RTNL
 * @xdp_due: the VF's driver has yet to be told of @xdp_prog; RTNL
 * @rxfh_set: a user has set a key or table of the receive hash; RTNL
 * @rxfh_fields_set: and hash fields, for the flow types whose bit is set; RTNL
 * @rxfh_on_vf: the VF's table of the receive hash is of our making; RTNL
 * @rxhash_tries: how often the VF may still refuse the receive hash; RTNL
 * @napi_told: RTNL
 * @xps_queues: over how many tx queues the CPUs are spread; RTNL
 * @cpu_node: learns of CPUs that come and go
 * @again: does what is in @again_due; only ever tries to take RTNL
 * @again_due: VIRTNET_BYPASS_AGAIN_*; atomic bit operations
 * @netpoll: what @vf is polled for while the master is, or NULL; RTNL
 * @takeover: finds a VF, opens it while the master is up, and tries again what
 *	it refused
 * @open_due: @takeover has yet to open the VF; RTNL
 * @retry: delay of the next try of @takeover, in jiffies; RTNL
 * @recheck: looks whether the VF is detached or hangs; only ever tries to take
 *	RTNL
 * @announce: announces the master after a switch
 * @announce_left: how often it still has to
 * @announce_next: where it goes on among the stations; that work only
 * @announce_anew: it has to begin anew, the path was switched meanwhile
 * @announcing: it is telling the stack; RTNL
 * @netdev_nb: follows VFs as they register, come up, go down and leave
 * @pci_nb: learns of a VF's unplug while its hardware is still alive
 * @stats_lock: protects @vf_counted, @vf_sum, @slept and @stats_frozen
 * @vf_counted: each counter of @vf, in the order of struct rtnl_link_stats64
 * @vf_sum: traffic of all VFs so far
 * @slept: traffic by standby before the virtio device was last suspended
 * @slept_stop: times a virtio send queue was stopped before that
 * @slept_wake: and woken
 * @stats_frozen: the virtio device is suspended, and has no counters
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
	enum virtnet_bypass_reason	why_not;
	unsigned long			vf_since;
	bool				standby_up;
	bool				vlan_filter;
	unsigned int			min_mtu;
	unsigned int			max_mtu;
	unsigned short			headroom;
	netdev_features_t		offloads;
	netdev_features_t		enc_offloads;
	netdev_features_t		vlan_offloads;
	netdev_features_t		unwanted;
	unsigned int			tso_max_size;
	u16				tso_max_segs;
	netdev_features_t		vf_wanted;
	struct bpf_prog			*xdp_prog;
	bool				xdp_native;
	bool				xdp_due;
	bool				rxfh_set;
	unsigned long			rxfh_fields_set;
	bool				rxfh_on_vf;
	unsigned int			rxhash_tries;
	struct virtnet_bypass_napi	napi_told;
	unsigned int			xps_queues;
	struct hlist_node		cpu_node;
	struct delayed_work		again;
	unsigned long			again_due;
	struct netpoll			*netpoll;
	struct delayed_work		takeover;
	bool				open_due;
	unsigned long			retry;
	struct delayed_work		recheck;
	struct delayed_work		announce;
	atomic_t			announce_left;
	unsigned int			announce_next;
	bool				announce_anew;
	bool				announcing;
	struct notifier_block		netdev_nb;
	struct notifier_block		pci_nb;

	/* protects vf_counted, vf_sum, slept and stats_frozen */
	spinlock_t			stats_lock;
	struct virtnet_bypass_counted	vf_counted[VIRTNET_BYPASS_LINK_STATS];
	struct rtnl_link_stats64	vf_sum;
	struct rtnl_link_stats64	slept;
	u64				slept_stop;
	u64				slept_wake;
	bool				stats_frozen;
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
