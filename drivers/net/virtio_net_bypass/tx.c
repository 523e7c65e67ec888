// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: transmit.
 *
 * The master's qdisc is the only queue. A packet that leaves it goes straight
 * into the VF's driver under the tx lock of the VF's queue, or into
 * virtio_net's own start_xmit. virtnet_bypass_start_xmit() picks the path;
 * where it finds no VF, or the way into it closed, bypass_xmit_no_vf() and
 * bypass_xmit_closed() do. Whichever path is stopped, the packet goes
 * back to the head of the master's qdisc with NETDEV_TX_BUSY and the tx queue
 * of the master is stopped; the path wakes it when it takes packets again
 * (shim.c for the VF, __virtnet_bypass_tx_wake() for virtio).
 *
 * What a path cannot do with a packet is done in software first (fit.c). Of a
 * packet that is cut for that, the rest has to wait when the path has no room:
 * the packet goes back to the qdisc, too, and stands for its rest.
 *
 * The stop state of a tx queue of the master is thus a hint only: it may be
 * woken without a reason, and then it stops itself again here. It is never
 * left stopped without one: every stop re-checks its reason after a barrier,
 * and a switch of the path wakes all queues under their locks.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netpoll.h>
#include <linux/skbuff.h>
#include <linux/virtio.h>
#include <net/sch_generic.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "fit.h"
#include "flow.h"
#include "offload.h"
#include "shim.h"
#include "tx.h"
#include "watch.h"

/* @skb goes back to its qdisc, which may have taken other packets out together
 * with it, and keep them at hand. A kernel without "net/sched: fix packet
 * reordering on requeue" puts @skb behind those, see the function below.
 */
static netdev_tx_t bypass_busy(const struct sk_buff *skb,
			       struct virtnet_bypass_txq *btxq)
{
	const struct Qdisc *qdisc = rcu_dereference_bh(btxq->txq->qdisc);

	btxq->others = !skb_queue_empty_lockless(&qdisc->gso_skb);
	btxq->first = btxq->others ? skb : btxq->whole;
	btxq->overtaker = NULL;
	return NETDEV_TX_BUSY;
}

/* A packet went back to its qdisc and has to be the first one: does @skb come
 * before it? The queue is not stopped then, and all that the qdisc has at hand
 * go round until the first one comes. If @skb comes a second time there is no
 * such packet any more, the qdisc has freed it. Who sends past the qdisc need
 * not wait for a rest.
 */
static noinline bool bypass_overtakes(const struct sk_buff *skb,
				      struct virtnet_bypass_txq *btxq)
{
	if (skb != btxq->first && btxq->others && skb != btxq->overtaker) {
		if (!btxq->overtaker)
			btxq->overtaker = skb;
		return true;
	}

	btxq->others = false;
	btxq->first = skb == btxq->whole ? NULL : btxq->whole;
	return false;
}

/* @skb was on its way to the VF and is the master's again */
static void bypass_take_back(struct sk_buff *skb,
			     const struct virtnet_bypass_txq *btxq)
{
	skb->dev = btxq->txq->dev;
	skb_set_queue_mapping(skb, virtnet_bypass_txq_index(btxq->txq));
}

/* Does @skb need nothing that only some drivers can do? */
static __always_inline bool bypass_is_plain(const struct sk_buff *skb)
{
	return !skb_is_gso(skb) && !skb_is_nonlinear(skb) &&
	       skb->ip_summed != CHECKSUM_PARTIAL &&
	       !skb_vlan_tag_present(skb) &&
	       likely(!(skb_shinfo(skb)->tx_flags & SKBTX_SW_TSTAMP));
}

/* By ethtool the master has software timestamps with any VF. A driver that has
 * get_ts_info tells which ones it takes itself. Others may not take any: it is
 * done here, once, even if such a driver turns out to do it, too.
 */
static void bypass_stamp(struct sk_buff *skb, const struct net_device *vf)
{
	if (likely(!(skb_shinfo(skb)->tx_flags & SKBTX_SW_TSTAMP)) ||
	    vf->ethtool_ops->get_ts_info)
		return;

	skb_tstamp_tx(skb, NULL);
	skb_shinfo(skb)->tx_flags &= ~SKBTX_SW_TSTAMP;
}

/* A packet that is not plain: false if the VF cannot take it as it is. One
 * whose queue is stopped comes here again. Apart, to keep registers free there.
 */
static noinline bool bypass_prepare(struct sk_buff *skb,
				    struct netdev_queue *vf_txq)
{
	if (!virtnet_bypass_fits(skb, netif_skb_features(skb)))
		return false;
	if (!netif_xmit_frozen_or_drv_stopped(vf_txq))
		bypass_stamp(skb, skb->dev);
	return true;
}

static void bypass_forget_rest(struct virtnet_bypass_txq *btxq)
{
	struct sk_buff *whole = btxq->whole;

	if (btxq->first == whole)
		btxq->first = NULL;
	btxq->rest = NULL;
	btxq->whole = NULL;
	WRITE_ONCE(btxq->vf_rest, false);
	dev_consume_skb_any(whole);
}

/* Frames of a packet that was cut, of which nobody sends the rest any more */
static void bypass_drop_frames(struct net_device *dev, struct sk_buff *frames)
{
	struct sk_buff *skb;

	for (skb = frames; skb; skb = skb->next)
		dev_core_stats_tx_dropped_inc(dev);
	kfree_skb_list(frames);
}

/* The rest of @skb, if it is that which has one. If the qdisc has freed the
 * packet that has, only we know of it, and the rest goes the same way.
 */
static noinline struct sk_buff *
bypass_rest_of(const struct sk_buff *skb, struct virtnet_bypass_txq *btxq)
{
	struct sk_buff *rest = btxq->rest;

	if (!rest)
		return NULL;
	if (skb == btxq->whole) {
		btxq->rest = NULL;
		return rest;
	}

	if (refcount_read(&btxq->whole->users) == 1) {
		bypass_drop_frames(btxq->txq->dev, rest);
		bypass_forget_rest(btxq);
	}
	return NULL;
}

/* There is no room for all that @skb became: @skb goes back to its qdisc, and
 * the rest is sent when it comes again.
 */
static netdev_tx_t bypass_keep_rest(struct virtnet_bypass_txq *btxq,
				    struct sk_buff *skb, struct sk_buff *rest)
{
	if (unlikely(btxq->whole && btxq->whole != skb)) {
		/* It came past the qdisc, where another one waits */
		bypass_drop_frames(btxq->txq->dev, rest);
		dev_consume_skb_any(skb);
		return NETDEV_TX_OK;
	}

	if (!btxq->whole)
		btxq->whole = skb_get(skb);
	btxq->rest = rest;
	WRITE_ONCE(btxq->vf_rest, skb_shinfo(rest)->gso_type & SKB_GSO_PARTIAL);
	bypass_take_back(skb, btxq);
	return bypass_busy(skb, btxq);
}

/* Send the frames that @skb was cut into, each one as a packet of its own: a
 * burst, which stays on its path. What has to wait for the next path is fitted
 * to that as well.
 */
static noinline netdev_tx_t
bypass_xmit_frames(struct sk_buff *skb, struct virtnet_bypass_txq *btxq,
		   struct sk_buff *frames)
{
	struct net_device *dev = btxq->txq->dev;
	bool more = netdev_xmit_more();
	struct sk_buff *next;
	netdev_tx_t ret;

	while (frames) {
		next = frames->next;
		skb_mark_not_on_list(frames);
		bypass_take_back(frames, btxq);
		ret = __netdev_start_xmit(dev->netdev_ops, frames, dev,
					  next || more);
		if (!dev_xmit_complete(ret)) {
			frames->next = next;
			return bypass_keep_rest(btxq, skb, frames);
		}
		frames = next;
	}

	if (btxq->whole == skb)
		bypass_forget_rest(btxq);
	dev_consume_skb_any(skb);
	return NETDEV_TX_OK;
}

/* The driver took a packet and has just run out of room: stop now and save
 * the next packet the way here and back.
 */
static noinline netdev_tx_t
bypass_vf_full(struct virtnet_bypass_txq *btxq, struct netdev_queue *vf_txq)
{
	virtnet_bypass_flow_stop_for(btxq, vf_txq);
	if (!netif_xmit_stopped(vf_txq))
		virtnet_bypass_flow_wake(btxq->txq);
	return NETDEV_TX_OK;
}

/* The path that was in use is drained, and the next one begins after it; or the
 * virtio device is suspended
 */
static netdev_tx_t bypass_held(const struct sk_buff *skb,
			       struct virtnet_bypass_txq *btxq)
{
	struct netdev_queue *txq = btxq->txq;
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(txq->dev);

	virtnet_bypass_flow_stop(txq);
	if (!READ_ONCE(bypass->hold) && !READ_ONCE(bypass->frozen))
		netif_tx_wake_queue(txq);
	return bypass_busy(skb, btxq);
}

static netdev_tx_t bypass_standby_busy(const struct sk_buff *skb,
				       struct virtnet_bypass_txq *btxq,
				       const unsigned long *state)
{
	virtnet_bypass_flow_stop(btxq->txq);
	if (!test_bit(VIRTNET_BYPASS_SQ_STOPPED, state))
		netif_tx_wake_queue(btxq->txq);
	return bypass_busy(skb, btxq);
}

/* A tx queue that has no virtio send queue of its own, because the VF has
 * more queues than the virtio device, borrows one. Its owner's tx lock nests
 * in ours, always the higher number first.
 */
static netdev_tx_t bypass_xmit_borrowed(struct sk_buff *skb,
					struct virtnet_bypass_txq *btxq,
					u16 sq, bool more)
{
	struct net_device *dev = btxq->txq->dev;
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct netdev_queue *txq = netdev_get_tx_queue(dev, sq);
	unsigned long *state = &bypass->txq[sq].state;
	netdev_tx_t ret = NETDEV_TX_BUSY;

	spin_lock_nested(&txq->_xmit_lock, SINGLE_DEPTH_NESTING);
	WRITE_ONCE(txq->xmit_lock_owner, smp_processor_id());
	if (likely(!test_bit(VIRTNET_BYPASS_SQ_STOPPED, state))) {
		skb_set_queue_mapping(skb, sq);
		ret = __netdev_start_xmit(bypass->orig_ndo, skb, dev, more);
	}
	__netif_tx_unlock(txq);

	if (likely(dev_xmit_complete(ret)))
		return ret;

	bypass_take_back(skb, btxq);
	return bypass_standby_busy(skb, btxq, state);
}

/* The kernel breaks all queues of a virtio device when it shuts it down, while
 * netdevs are up and the VF, shut down before, has left the traffic to us.
 * virtio_net would wait there, with its tx lock, for completions that it does
 * not get any more, unless the kernel's virtio_ring has Linux commit
 * 0d0eff39ceb3, as 6.12.117 has.
 */
static bool bypass_is_shut_down(const struct net_device *dev)
{
	struct virtio_device *vdev = dev_to_virtio(dev->dev.parent);
	struct virtqueue *vq;

	vq = list_first_entry(&vdev->vqs, struct virtqueue, list);
	return virtqueue_is_broken(vq);
}

/* A VF is chosen only after the last burst on standby, see
 * virtnet_bypass_hold(). What comes here while there is one in use, since that
 * cannot take it just now, is no part of a burst: the next packet may go by the
 * VF.
 */
static noinline netdev_tx_t
bypass_xmit_standby(struct sk_buff *skb, struct virtnet_bypass_txq *btxq)
{
	struct netdev_queue *txq = btxq->txq;
	struct net_device *dev = txq->dev;
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	unsigned int sqs = READ_ONCE(bypass->num_sqs);
	u16 index = skb_get_queue_mapping(skb);
	netdev_features_t features;
	struct sk_buff *frames;
	netdev_tx_t ret;
	bool more;

	/* Before anything that looks at a virtqueue */
	if (unlikely(READ_ONCE(bypass->frozen)))
		return bypass_held(skb, btxq);

	if (unlikely(bypass_is_shut_down(dev))) {
		dev_core_stats_tx_dropped_inc(dev);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}

	/* Pairs with virtnet_bypass_hold(): who sees no VF sees the hold */
	smp_rmb();
	/* The host is told of a burst at its end only */
	if (unlikely(READ_ONCE(bypass->hold)) && !btxq->standby_burst)
		return bypass_held(skb, btxq);

	if (!bypass_is_plain(skb)) {
		features = virtnet_bypass_standby_features(bypass, skb);
		if (unlikely(!virtnet_bypass_fits(skb, features))) {
			frames = virtnet_bypass_fit(skb, features);
			if (!frames)
				return NETDEV_TX_OK;
			if (frames != skb)
				return bypass_xmit_frames(skb, btxq, frames);
		}
	}

	more = netdev_xmit_more() && !rcu_access_pointer(bypass->active);
	if (unlikely(index >= sqs))
		ret = bypass_xmit_borrowed(skb, btxq, index % sqs, more);
	else if (unlikely(test_bit(VIRTNET_BYPASS_SQ_STOPPED, &btxq->state)))
		ret = bypass_standby_busy(skb, btxq, &btxq->state);
	else
		ret = __netdev_start_xmit(bypass->orig_ndo, skb, dev, more);

	/* virtio_net notifies the host when it stops its queue, and the core
	 * ends the burst there
	 */
	btxq->standby_burst = more && dev_xmit_complete(ret) &&
			      !netif_xmit_stopped(txq);
	return ret;
}

/* The VF's driver has suspended it, and nobody knows for how long: the packet
 * goes by standby now, and the path follows.
 */
static bool bypass_vf_detached(struct virtnet_bypass_info *bypass,
			       const struct net_device *vf)
{
	/* netif_device_detach() stops the queues after it said so */
	smp_rmb();
	if (likely(netif_device_present(vf)))
		return false;

	virtnet_bypass_recheck(bypass);
	return true;
}

/* Does the packet go by standby, since the VF in use cannot take it? Not one
 * that only has to wait for room, unless it is netpoll's: that has polled the
 * VF before, sends with interrupts off, and waits for no qdisc but ours.
 */
static bool bypass_passes_by(struct virtnet_bypass_info *bypass,
			     const struct netdev_queue *vf_txq,
			     const struct Qdisc *foreign)
{
	struct net_device *vf = vf_txq->dev;

	if (foreign == &noop_qdisc || bypass_vf_detached(bypass, vf))
		return true;
	if (likely(!netpoll_tx_running(vf)))
		return false;
	return foreign || (netif_xmit_frozen_or_drv_stopped(vf_txq) &&
			   READ_ONCE(bypass->standby_up));
}

/* The short way into the VF's driver is closed: its queue has no room, or the
 * VF's qdisc is not the shim but @foreign, as the VF is being taken down, or a
 * user has put a qdisc of his own on it, which is honoured.
 */
static noinline netdev_tx_t
bypass_xmit_closed(struct sk_buff *skb, struct virtnet_bypass_txq *btxq,
		   struct netdev_queue *vf_txq, const struct Qdisc *foreign)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(btxq->txq->dev);

	/* A driver rings its doorbell when it stops its queue */
	btxq->vf_burst = false;
	bypass_take_back(skb, btxq);

	if (unlikely(bypass_passes_by(bypass, vf_txq, foreign)))
		return bypass_xmit_standby(skb, btxq);

	if (foreign) {
		skb->dev = vf_txq->dev;
		bypass_stamp(skb, skb->dev);
		dev_queue_xmit(skb);
		return NETDEV_TX_OK;
	}

	virtnet_bypass_flow_stop_for(btxq, vf_txq);
	if (!netif_xmit_frozen_or_stopped(vf_txq))
		virtnet_bypass_flow_wake(btxq->txq);
	return bypass_busy(skb, btxq);
}

/* The short way into the VF's driver. Its lock is taken for a driver with LLTX,
 * too: that costs such a driver little, and a test of the flag would be made
 * for every packet.
 */
static __always_inline netdev_tx_t
bypass_xmit_vf(struct sk_buff *skb, struct virtnet_bypass_txq *btxq,
	       struct netdev_queue *vf_txq)
{
	struct net_device *vf;
	netdev_tx_t ret;

	/* As __netif_tx_lock(), but for the lock's owner: he is looked up only
	 * where there is no qdisc
	 */
	if (unlikely(!spin_trylock(&vf_txq->_xmit_lock))) {
		/* netpoll may have interrupted the lock's holder right here,
		 * everyone else can wait
		 */
		if (netpoll_tx_running(vf_txq->dev))
			return bypass_xmit_closed(skb, btxq, vf_txq, NULL);
		spin_lock(&vf_txq->_xmit_lock);
	}

	/* BQL does not matter any more, see virtnet_bypass_flow_stop_for() */
	if (unlikely(netif_xmit_frozen_or_drv_stopped(vf_txq)))
		goto busy;
	/* Taps on all netdevs have seen it on the master */
	if (unlikely(!list_empty(&vf_txq->dev->ptype_all)))
		dev_queue_xmit_nit(skb, vf_txq->dev);
	vf = vf_txq->dev;
	btxq->vf_burst = netdev_xmit_more();
	/* As netdev_start_xmit(), but for netdev_xmit_more(), which our caller
	 * has just set, and trans_start: watchdogs look at that of a stopped
	 * queue, and who stops one renews it, BQL as well
	 */
	ret = vf->netdev_ops->ndo_start_xmit(skb, vf);
	if (unlikely(!dev_xmit_complete(ret)))
		goto busy;
	if (unlikely(netif_xmit_stopped(vf_txq)))
		goto full;
	spin_unlock(&vf_txq->_xmit_lock);
	return NETDEV_TX_OK;

busy:
	spin_unlock(&vf_txq->_xmit_lock);
	return bypass_xmit_closed(skb, btxq, vf_txq, NULL);
full:
	spin_unlock(&vf_txq->_xmit_lock);
	return bypass_vf_full(btxq, vf_txq);
}

/* The VF can take the packet only after some work in software. Not before it
 * has room for it: which path the packet takes is open until then.
 */
static noinline netdev_tx_t
bypass_xmit_fitted(struct sk_buff *skb, struct virtnet_bypass_txq *btxq,
		   struct netdev_queue *vf_txq)
{
	struct sk_buff *frames;

	if (netif_xmit_frozen_or_drv_stopped(vf_txq))
		return bypass_xmit_closed(skb, btxq, vf_txq, NULL);

	frames = virtnet_bypass_fit(skb, netif_skb_features(skb));
	if (!frames)
		return NETDEV_TX_OK;
	if (frames != skb)
		return bypass_xmit_frames(skb, btxq, frames);

	bypass_stamp(skb, skb->dev);
	return bypass_xmit_vf(skb, btxq, vf_txq);
}

/* No VF is in use. A burst ends where it began. So does what was cut for a VF
 * with partial GSO, which no other path can take: the drain waits for it.
 */
static noinline struct net_device *
bypass_burst_vf(const struct virtnet_bypass_txq *btxq,
		const struct net_device *active)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(btxq->txq->dev);

	if (active)
		virtnet_bypass_recheck(bypass);
	if (btxq->vf_burst || (btxq->vf_rest && READ_ONCE(bypass->hold)))
		return rcu_dereference_bh(bypass->vf);
	return NULL;
}

/* No VF is in use, or none was when the sender looked. The end of a hold may
 * have come since, and the packet must not go by the path that was drained.
 * Whoever sees the end sees the next path.
 */
static noinline netdev_tx_t
bypass_xmit_no_vf(struct sk_buff *skb, struct virtnet_bypass_txq *btxq)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(btxq->txq->dev);
	struct net_device *vf;

	/* One that left in a burst has taken the burst along */
	btxq->vf_burst = false;

	/* Pairs with smp_store_release() in virtnet_bypass_use() */
	if (!smp_load_acquire(&bypass->hold)) {
		vf = rcu_dereference_bh(bypass->active);
		if (unlikely(vf && netif_carrier_ok(vf)))
			return bypass_held(skb, btxq);
	}
	return bypass_xmit_standby(skb, btxq);
}

/**
 * virtnet_bypass_start_xmit() - ndo_start_xmit of the master
 * @skb: packet to send
 * @dev: the master
 *
 * The VF may be used only while the active qdisc of its tx queue is our shim,
 * tested within the caller's RCU read-side section: dev_deactivate() replaces
 * it by the noop qdisc and waits for a grace period before the driver's
 * ndo_stop runs, which is the guarantee every sender relies on. A driver that
 * closes its queues by itself, as for a reset (mlx5, bnxt), stops them under
 * their tx locks first, which bypass_xmit_vf() honours. Carrier loss is
 * seen here before its event comes.
 *
 * A burst stays on the VF if it began there: the driver was told that more
 * packets follow and has not rung its doorbell yet. The whole burst runs
 * within one RCU read-side section, so the VF cannot be gone; whatever ends it
 * early ends it here as well.
 *
 * Context: BH disabled, RCU read-side, tx lock of the queue held.
 * Return: NETDEV_TX_OK, or NETDEV_TX_BUSY with @skb as it came.
 */
netdev_tx_t virtnet_bypass_start_xmit(struct sk_buff *skb,
				      struct net_device *dev)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	unsigned int index = skb_get_queue_mapping(skb);
	struct virtnet_bypass_txq *btxq = &bypass->txq[index];
	struct netdev_queue *vf_txq;
	unsigned int vf_queues;
	struct sk_buff *rest;
	struct net_device *vf;
	struct Qdisc *qdisc;

	if (unlikely(btxq->first)) {
		if (bypass_overtakes(skb, btxq))
			return NETDEV_TX_BUSY;
		rest = bypass_rest_of(skb, btxq);
		if (rest)
			return bypass_xmit_frames(skb, btxq, rest);
	}

	vf = rcu_dereference_bh(bypass->active);
	if (unlikely(!vf || !netif_carrier_ok(vf))) {
		vf = bypass_burst_vf(btxq, vf);
		if (!vf)
			return bypass_xmit_no_vf(skb, btxq);
	}

	vf_queues = READ_ONCE(vf->real_num_tx_queues);
	if (unlikely(index >= vf_queues)) {
		index %= vf_queues;
		skb_set_queue_mapping(skb, index);
	}
	vf_txq = netdev_get_tx_queue(vf, index);

	qdisc = rcu_dereference_bh(vf_txq->qdisc);
	if (unlikely(!virtnet_bypass_is_shim(qdisc)))
		return bypass_xmit_closed(skb, btxq, vf_txq, qdisc);

	skb->dev = vf;
	if (!bypass_is_plain(skb) &&
	    unlikely(!bypass_prepare(skb, vf_txq)))
		return bypass_xmit_fitted(skb, btxq, vf_txq);

	return bypass_xmit_vf(skb, btxq, vf_txq);
}

/**
 * virtnet_bypass_tx_purge() - forget what no qdisc will send any more
 * @bypass: the bypass
 *
 * Context: RTNL held. The master is down.
 */
void virtnet_bypass_tx_purge(struct virtnet_bypass_info *bypass)
{
	struct virtnet_bypass_txq *btxq;
	unsigned int i;

	ASSERT_RTNL();

	for (i = 0; i < bypass->dev->num_tx_queues; i++) {
		btxq = &bypass->txq[i];
		__netif_tx_lock_bh(btxq->txq);
		if (btxq->rest) {
			bypass_drop_frames(bypass->dev, btxq->rest);
			bypass_forget_rest(btxq);
		}
		btxq->first = NULL;
		__netif_tx_unlock_bh(btxq->txq);
	}
}

/**
 * virtnet_bypass_tx_timeout() - ndo_tx_timeout of the master
 * @dev: the master
 * @txqueue: the queue that has been stopped for too long
 *
 * While the VF carries the traffic, the queue waits for the VF's and the VF's
 * own watchdog resets its hardware. If the VF's queue does not wait for
 * anything, its driver has started it and scheduled nobody: the shim tells us.
 * A queue beyond virtio_net's own must not reach its handler, which would look
 * up a send queue of that number.
 *
 * Context: Softirq, all tx locks of @dev held.
 */
void virtnet_bypass_tx_timeout(struct net_device *dev, unsigned int txqueue)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf;

	rcu_read_lock();
	vf = rcu_dereference(bypass->active);
	if (vf)
		virtnet_bypass_shim_kick(vf);
	rcu_read_unlock();
	if (vf)
		return;

	bypass->orig_ndo->ndo_tx_timeout(dev, txqueue %
					 READ_ONCE(bypass->num_sqs));
}
