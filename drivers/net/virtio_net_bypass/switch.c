// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: which path is in use.
 *
 * One function decides, from the state as it is: virtnet_bypass_update().
 * Whoever learns of a change calls it, in any order and as often as it likes.
 */
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <net/virtnet_bypass.h>

#include <trace/events/virtnet_bypass.h>

#include "bypass.h"

/* Nothing tells of a driver that attaches its netdev again, or of a queue that
 * stays stopped
 */
#define VIRTNET_BYPASS_RECHECK_INTERVAL	HZ

/* A tx queue that was stopped for so long hangs: before the watchdog of most
 * drivers says so (5 s, netdev_watchdog_up() in net/sched/sch_generic.c)
 */
#define VIRTNET_BYPASS_HUNG_TIME	(2 * HZ)

static const char * const virtnet_bypass_reasons[] = {
	[VIRTNET_BYPASS_VF_UP]			= "VF is up",
	[VIRTNET_BYPASS_VF_CARRIER_LOST]	= "VF lost its carrier",
	[VIRTNET_BYPASS_VF_DOWN]		= "VF is set down",
	[VIRTNET_BYPASS_VF_UNBIND]		= "VF is being unplugged",
	[VIRTNET_BYPASS_VF_UNREGISTER]		= "VF is gone",
	[VIRTNET_BYPASS_MASTER_DOWN]		= "master is set down",
	[VIRTNET_BYPASS_MASTER_UNREGISTER]	= "master is gone",
	[VIRTNET_BYPASS_FREEZE]			= "virtio device suspended",
	[VIRTNET_BYPASS_RESTORE]		= "virtio device resumed",
	[VIRTNET_BYPASS_SETTING]		= "setting of the master",
	[VIRTNET_BYPASS_VF_DETACHED]		= "VF is suspended",
	[VIRTNET_BYPASS_VF_HUNG]		= "VF hangs",
};

/**
 * virtnet_bypass_wake_all() - let every tx queue find its stop state anew
 * @bypass: the bypass
 *
 * Under each tx lock, so that a sender which still saw the old path has
 * finished, and its stop is cleared, before the queue is woken. BQL's stop
 * was made for bytes on the path that was left.
 *
 * Context: Process context or softirq.
 */
void virtnet_bypass_wake_all(struct virtnet_bypass_info *bypass)
{
	struct net_device *dev = bypass->dev;
	struct netdev_queue *txq;
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++) {
		txq = netdev_get_tx_queue(dev, i);

		__netif_tx_lock_bh(txq);
		netif_tx_start_queue(txq);
#ifdef CONFIG_BQL
		clear_bit(__QUEUE_STATE_STACK_XOFF, &txq->state);
#endif
		__netif_tx_unlock_bh(txq);
		netif_schedule_queue(txq);
	}
}

static void virtnet_bypass_sync_carrier(struct virtnet_bypass_info *bypass)
{
	if (bypass->standby_up || rcu_access_pointer(bypass->active))
		netif_carrier_on(bypass->dev);
	else
		netif_carrier_off(bypass->dev);
}

/* A VF that may have lost settings waits for the work to set them again: not
 * while it is detached, nor while the virtio device sleeps.
 */
static bool virtnet_bypass_vf_is_back(const struct virtnet_bypass_info *bypass,
				      const struct net_device *vf)
{
	return netif_device_present(vf) &&
	       bypass->blocked & VIRTNET_BYPASS_BLOCK_DETACHED &&
	       !(bypass->blocked & VIRTNET_BYPASS_BLOCK_FROZEN);
}

static bool virtnet_bypass_vf_ready(struct virtnet_bypass_info *bypass,
				    const struct net_device *vf)
{
	return vf && !bypass->blocked && netif_running(bypass->dev) &&
	       netif_running(vf) && netif_carrier_ok(vf) &&
	       netif_device_present(vf);
}

/* Does the path that is left still work, and is there time to let it end? */
static bool virtnet_bypass_can_drain(const struct virtnet_bypass_info *bypass,
				     const struct net_device *old,
				     enum virtnet_bypass_reason reason)
{
	if (!old)
		return bypass->standby_up;

	return (reason == VIRTNET_BYPASS_VF_DOWN ||
		reason == VIRTNET_BYPASS_VF_UNBIND ||
		reason == VIRTNET_BYPASS_FREEZE) &&
	       netif_running(old) && netif_carrier_ok(old) &&
	       netif_device_present(old) && virtnet_bypass_vf_present(old);
}

static void virtnet_bypass_use(struct virtnet_bypass_info *bypass,
			       struct net_device *vf,
			       enum virtnet_bypass_reason reason)
{
	struct net_device *dev = bypass->dev;

	rcu_assign_pointer(bypass->active, vf);
	WRITE_ONCE(bypass->hold, false);
	if (vf)
		bypass->count.to_vf++;
	else
		bypass->count.to_standby++;

	/* Carrier first, where it comes: a path is there */
	virtnet_bypass_sync_carrier(bypass);
	virtnet_bypass_wake_all(bypass);
	if (vf)
		virtnet_bypass_shim_kick(vf);
	virtnet_bypass_announce(bypass);

	trace_virtnet_bypass_switch(dev, vf, reason);
	netdev_info(dev, "bypass: datapath switched to %s%s: %s\n",
		    vf ? "VF " : "standby", vf ? netdev_name(vf) : "",
		    virtnet_bypass_reasons[reason]);
}

/**
 * virtnet_bypass_update() - choose the path from the state as it is
 * @bypass: the bypass
 * @reason: what made the caller ask
 *
 * Context: Process context; may sleep. bypass->lock held.
 */
void virtnet_bypass_update(struct virtnet_bypass_info *bypass,
			   enum virtnet_bypass_reason reason)
{
	struct net_device *old, *vf;

	lockdep_assert_held(&bypass->lock);

	old = rcu_dereference_protected(bypass->active,
					lockdep_is_held(&bypass->lock));
	vf = rcu_dereference_protected(bypass->vf,
				       lockdep_is_held(&bypass->lock));
	if (vf && !netif_device_present(vf)) {
		bypass->blocked |= VIRTNET_BYPASS_BLOCK_DETACHED;
		mod_delayed_work(system_wq, &bypass->recheck,
				 VIRTNET_BYPASS_RECHECK_INTERVAL);
	} else if (vf && virtnet_bypass_vf_is_back(bypass, vf)) {
		mod_delayed_work(system_wq, &bypass->recheck, 1);
	}
	if (!virtnet_bypass_vf_ready(bypass, vf))
		vf = NULL;
	if (vf == old)
		return;

	if (virtnet_bypass_can_drain(bypass, old, reason))
		virtnet_bypass_drain(bypass, old);
	else if (old)
		virtnet_bypass_abandon(bypass, old);
	else
		virtnet_bypass_hold(bypass);
	virtnet_bypass_use(bypass, vf, reason);
}

/**
 * virtnet_bypass_block() - add or remove reasons not to use the VF
 * @bypass: the bypass
 * @set: VIRTNET_BYPASS_BLOCK_* bits to set
 * @clear: VIRTNET_BYPASS_BLOCK_* bits to clear
 * @reason: what made the caller ask
 *
 * Context: Process context; may sleep.
 */
void virtnet_bypass_block(struct virtnet_bypass_info *bypass,
			  unsigned long set, unsigned long clear,
			  enum virtnet_bypass_reason reason)
{
	mutex_lock(&bypass->lock);
	bypass->blocked &= ~clear;
	bypass->blocked |= set;
	virtnet_bypass_update(bypass, reason);
	mutex_unlock(&bypass->lock);
}

/**
 * __virtnet_bypass_carrier() - the virtio device's own carrier changed
 * @bypass: the bypass
 * @up: whether it has carrier
 *
 * Context: Process context; may sleep. RTNL may be held or not.
 */
void __virtnet_bypass_carrier(struct virtnet_bypass_info *bypass, bool up)
{
	mutex_lock(&bypass->lock);
	WRITE_ONCE(bypass->standby_up, up);
	virtnet_bypass_sync_carrier(bypass);
	mutex_unlock(&bypass->lock);
}

/* Has a queue of @vf no room; and for so long that @vf hangs? Its own watchdog
 * goes by the same time stamp, that of the stop.
 */
static bool virtnet_bypass_vf_stopped(struct net_device *vf, bool *hangs)
{
	struct netdev_queue *txq;
	bool stopped = false;
	unsigned int i;

	if (!netif_running(vf) || !netif_carrier_ok(vf))
		return false;

	for (i = 0; i < vf->real_num_tx_queues; i++) {
		txq = netdev_get_tx_queue(vf, i);
		if (!netif_xmit_stopped(txq))
			continue;
		stopped = true;
		*hangs |= time_after(jiffies, READ_ONCE(txq->trans_start) +
					      VIRTNET_BYPASS_HUNG_TIME);
	}
	return stopped;
}

static enum virtnet_bypass_reason
virtnet_bypass_check_vf(struct virtnet_bypass_info *bypass,
			struct net_device *vf)
{
	/* Not before it has room again */
	bool hangs = bypass->blocked & VIRTNET_BYPASS_BLOCK_HUNG;

	if (!netif_device_present(vf))
		return VIRTNET_BYPASS_VF_DETACHED;

	bypass->blocked &= ~VIRTNET_BYPASS_BLOCK_HUNG;
	if (!virtnet_bypass_vf_stopped(vf, &hangs))
		return VIRTNET_BYPASS_VF_UP;

	mod_delayed_work(system_wq, &bypass->recheck,
			 VIRTNET_BYPASS_RECHECK_INTERVAL);
	if (!hangs)
		return VIRTNET_BYPASS_VF_UP;
	bypass->blocked |= VIRTNET_BYPASS_BLOCK_HUNG;
	return VIRTNET_BYPASS_VF_HUNG;
}

/* A VF whose VLANs have to be set takes RTNL: one that was detached waits for
 * the next time without it, one that could not take them has the work try.
 */
static void virtnet_bypass_recheck_work(struct work_struct *work)
{
	struct virtnet_bypass_info *bypass =
		container_of(work, struct virtnet_bypass_info, recheck.work);
	unsigned long blocked = READ_ONCE(bypass->blocked);
	struct net_device *vf;
	bool locked;

	locked = blocked & (VIRTNET_BYPASS_BLOCK_DETACHED |
			    VIRTNET_BYPASS_BLOCK_VLAN) && rtnl_trylock();
	if (locked)
		virtnet_bypass_vlan_retry(bypass);
	else if (blocked & VIRTNET_BYPASS_BLOCK_VLAN)
		mod_delayed_work(system_wq, &bypass->recheck, 1);

	mutex_lock(&bypass->lock);
	vf = rcu_dereference_protected(bypass->vf,
				       lockdep_is_held(&bypass->lock));
	if (!vf)
		goto unlock;

	if (locked && virtnet_bypass_vf_is_back(bypass, vf)) {
		virtnet_bypass_vlan_again(bypass, vf);
		bypass->blocked &= ~VIRTNET_BYPASS_BLOCK_DETACHED;
	}
	virtnet_bypass_update(bypass, virtnet_bypass_check_vf(bypass, vf));
unlock:
	mutex_unlock(&bypass->lock);
	if (locked)
		rtnl_unlock();
}

/**
 * virtnet_bypass_recheck_init() - prepare to look after a VF
 * @bypass: the bypass
 *
 * Context: Any.
 */
void virtnet_bypass_recheck_init(struct virtnet_bypass_info *bypass)
{
	INIT_DELAYED_WORK(&bypass->recheck, virtnet_bypass_recheck_work);
}

/**
 * virtnet_bypass_recheck() - the VF in use was found detached
 * @bypass: the bypass
 *
 * A driver detaches its netdev when it suspends the device or resets it, and
 * attaches it when that is over. No event is sent for either: whoever needs
 * the VF notices the one, and the work looks for the other.
 *
 * Context: Any.
 */
void virtnet_bypass_recheck(struct virtnet_bypass_info *bypass)
{
	mod_delayed_work(system_wq, &bypass->recheck, 0);
}

/**
 * virtnet_bypass_watch() - a queue of the VF in use has no room
 * @bypass: the bypass
 *
 * Looks after it later, unless somebody does already.
 *
 * Context: Any.
 */
void virtnet_bypass_watch(struct virtnet_bypass_info *bypass)
{
	if (!delayed_work_pending(&bypass->recheck))
		queue_delayed_work(system_wq, &bypass->recheck,
				   VIRTNET_BYPASS_RECHECK_INTERVAL);
}

/**
 * virtnet_bypass_recheck_cancel() - look after the VF no more
 * @bypass: the bypass
 *
 * Context: Process context; may sleep. RTNL may be held, bypass->lock not.
 */
void virtnet_bypass_recheck_cancel(struct virtnet_bypass_info *bypass)
{
	cancel_delayed_work_sync(&bypass->recheck);
}
