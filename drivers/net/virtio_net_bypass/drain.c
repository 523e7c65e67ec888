// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: leave a path in order.
 *
 * Before a switch that was planned (unplug, unbind, VF set down) the master
 * holds its packets back in its qdisc, until the VF has sent what it was given.
 * Then standby goes on: nothing is lost in the VF's rings, and nothing
 * overtakes it. Before a switch to a VF it does the same for standby, whose
 * packets would not be lost but overtaken.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/netdevice.h>
#include <net/sch_generic.h>
#include <net/virtnet_bypass.h>

#include <trace/events/virtnet_bypass.h>

#include "bypass.h"
#include "drain.h"

/* The bound: a full ring of 4096 frames of 1514 bytes takes 5 ms at 10 Gbit/s
 * and 50 ms at 1 Gbit/s.
 */
#define VIRTNET_BYPASS_DRAIN_BOUND_US	(50 * USEC_PER_MSEC)

/* Without BQL nobody tells how much is left (igbvf, ixgbevf, vmxnet3): the
 * time of igbvf's ring of 256 such frames at 1 Gbit/s is 3.1 ms.
 */
#define VIRTNET_BYPASS_DRAIN_GRACE_US	3500

/* Packets that are overtaken are not worth as long a pause as packets that are
 * lost; virtio_net has BQL since Linux 6.11. 256 frames, its usual ring, take
 * 0.3 ms at 10 Gbit/s.
 */
#define VIRTNET_BYPASS_DRAIN_STANDBY_BOUND_US	3500
#define VIRTNET_BYPASS_DRAIN_STANDBY_GRACE_US	1000

#define VIRTNET_BYPASS_DRAIN_STEP_US	50

/* What a step counts for at most: more than the grace, in which a VF goes on
 * sending whether the guest runs or not, and little of the bound.
 */
#define VIRTNET_BYPASS_DRAIN_STEP_MAX_US	4000

/* What the driver has taken and not completed, what the shim holds for it, and
 * what only a VF can take. BQL of a queue that never completed anything says
 * nothing: the driver has none. The master's own qdiscs hold what is to go by
 * the next path.
 */
static bool bypass_left(const struct virtnet_bypass_info *bypass,
			struct net_device *path, bool *has_bql)
{
	bool is_vf = path != bypass->dev;
	struct netdev_queue *txq;
	bool left = false;
	unsigned int i;

	for (i = 0; is_vf && i < bypass->dev->real_num_tx_queues; i++)
		left |= READ_ONCE(bypass->txq[i].vf_rest);

	for (i = 0; i < path->real_num_tx_queues; i++) {
		txq = netdev_get_tx_queue(path, i);

		if (is_vf) {
			rcu_read_lock();
			left |= qdisc_qlen(rcu_dereference(txq->qdisc));
			rcu_read_unlock();
		}
#ifdef CONFIG_BQL
		*has_bql |= READ_ONCE(txq->dql.num_queued);
		left |= READ_ONCE(txq->dql.num_queued) !=
			READ_ONCE(txq->dql.num_completed);
#endif
	}
	return left;
}

static s64 bypass_drain_bound(bool is_vf, bool has_bql)
{
	if (is_vf)
		return has_bql ? VIRTNET_BYPASS_DRAIN_BOUND_US :
				 VIRTNET_BYPASS_DRAIN_GRACE_US;
	return has_bql ? VIRTNET_BYPASS_DRAIN_STANDBY_BOUND_US :
			 VIRTNET_BYPASS_DRAIN_STANDBY_GRACE_US;
}

/* Sleep for a moment; the part of the bound that it took. A host may let the
 * guest, or one of its CPUs, wait for much longer than that. What the VF sends
 * meanwhile BQL knows only when the guest runs again.
 */
static s64 bypass_drain_step(void)
{
	ktime_t start = ktime_get();

	usleep_range(VIRTNET_BYPASS_DRAIN_STEP_US,
		     2 * VIRTNET_BYPASS_DRAIN_STEP_US);
	return min_t(s64, ktime_us_delta(ktime_get(), start),
		     VIRTNET_BYPASS_DRAIN_STEP_MAX_US);
}

/**
 * virtnet_bypass_hold() - let no path have packets
 * @bypass: the bypass
 *
 * Whoever was about to send has done so when this returns, to the end of a
 * burst: senders run under the master's tx locks, and those that come after are
 * held. The caller switches the path afterwards, which ends the hold and wakes
 * the master's queues.
 *
 * Context: Process context. bypass->lock held.
 */
void virtnet_bypass_hold(struct virtnet_bypass_info *bypass)
{
	struct net_device *dev = bypass->dev;
	struct netdev_queue *txq;
	unsigned int i;

	lockdep_assert_held(&bypass->lock);

	WRITE_ONCE(bypass->hold, true);
	/* Pairs with virtnet_bypass_xmit_standby() */
	smp_wmb();
	RCU_INIT_POINTER(bypass->active, NULL);
	for (i = 0; i < dev->num_tx_queues; i++) {
		txq = netdev_get_tx_queue(dev, i);
		__netif_tx_lock_bh(txq);
		__netif_tx_unlock_bh(txq);
	}
}

/**
 * virtnet_bypass_drain() - let a path send what it has, before it is left
 * @bypass: the bypass
 * @vf: the VF in use, whose driver still works; NULL if standby is in use
 *
 * Begins a hold, see virtnet_bypass_hold().
 *
 * Context: Process context; may sleep, for VIRTNET_BYPASS_DRAIN_BOUND_US of a
 * guest that runs at most. bypass->lock held.
 */
void virtnet_bypass_drain(struct virtnet_bypass_info *bypass,
			  struct net_device *vf)
{
	struct net_device *path = vf ? vf : bypass->dev;
	ktime_t start = ktime_get();
	bool has_bql = false;
	s64 stopped, waited = 0;
	bool left;

	lockdep_assert_held(&bypass->lock);

	virtnet_bypass_hold(bypass);
	stopped = ktime_us_delta(ktime_get(), start);

	left = bypass_left(bypass, path, &has_bql);
	while ((left || !has_bql) &&
	       waited < bypass_drain_bound(vf, has_bql)) {
		waited += bypass_drain_step();
		left = bypass_left(bypass, path, &has_bql);
	}

	bypass->count.undrained += vf && left;
	trace_virtnet_bypass_drain(bypass->dev, vf, stopped,
				   ktime_us_delta(ktime_get(), start), left);
}

/**
 * virtnet_bypass_abandon() - leave a VF that nobody can wait for
 * @bypass: the bypass
 * @vf: the VF in use
 *
 * Without BQL nobody knows whether it has anything, and nothing is counted.
 *
 * Context: Process context. bypass->lock held.
 */
void virtnet_bypass_abandon(struct virtnet_bypass_info *bypass,
			    struct net_device *vf)
{
	bool has_bql = false;

	lockdep_assert_held(&bypass->lock);

	bypass->count.undrained += bypass_left(bypass, vf, &has_bql);
}
