// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: look after a VF of which nobody tells.
 *
 * No event is sent when a driver detaches its netdev or attaches it again, nor
 * when a tx queue stays stopped. Whoever meets such a VF calls this work.
 */
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/virtnet_bypass.h>

#include "again.h"
#include "bypass.h"
#include "flow.h"
#include "shim.h"
#include "switch.h"
#include "vlan.h"
#include "watch.h"

/* Between two looks at a VF that has no room: a driver may start its queue and
 * schedule nobody, and the master waits until then. At 10 Gbit/s a full ring of
 * 4096 frames is empty after 5 ms.
 */
#define VIRTNET_BYPASS_WATCH_INTERVAL	(HZ / 50)

/* Between two looks at a VF that is detached */
#define VIRTNET_BYPASS_DETACHED_INTERVAL	HZ

/* A tx queue that was stopped for so long hangs: before the watchdog of most
 * drivers says so (5 s, netdev_watchdog_up() in net/sched/sch_generic.c)
 */
#define VIRTNET_BYPASS_HUNG_TIME	(2 * HZ)

/* Has a queue of @vf no room; and for so long that @vf hangs? Its own watchdog
 * goes by the same time stamp, that of the stop. It does not count for a queue
 * that the driver had stopped before @since, when the VF was chosen, and is 0
 * from the activation of the queue on.
 */
static bool bypass_vf_stopped(struct net_device *vf,
			      unsigned long since, bool *hangs)
{
	struct netdev_queue *txq;
	unsigned long stamp;
	bool stopped = false;
	unsigned int i;

	if (!netif_running(vf))
		return false;

	for (i = 0; i < vf->real_num_tx_queues; i++) {
		txq = netdev_get_tx_queue(vf, i);
		if (!netif_xmit_stopped(txq))
			continue;
		stopped = true;
		stamp = READ_ONCE(txq->trans_start);
		if (!stamp || time_before(stamp, since))
			stamp = since;
		*hangs |= time_after(jiffies,
				     stamp + VIRTNET_BYPASS_HUNG_TIME);
	}
	return stopped;
}

/* Does a VF hang whose driver works? If it has no room, or had none until now,
 * look again soon.
 */
static void bypass_check_room(struct virtnet_bypass_info *bypass,
			      struct net_device *vf)
{
	/* Not before it has room again */
	bool hangs = bypass->blocked & VIRTNET_BYPASS_BLOCK_HUNG;
	bool needed = hangs || rcu_access_pointer(bypass->active) == vf;
	bool stopped;

	if (!netif_device_present(vf))
		return;

	bypass->blocked &= ~VIRTNET_BYPASS_BLOCK_HUNG;
	if (!netif_carrier_ok(vf))
		return;

	stopped = bypass_vf_stopped(vf, bypass->vf_since, &hangs);
	/* Those that have been started since the last look */
	virtnet_bypass_shim_kick(vf);
	if (!needed || (!stopped && !virtnet_bypass_flow_waits(bypass)))
		return;

	virtnet_bypass_recheck_in(bypass, VIRTNET_BYPASS_WATCH_INTERVAL);
	if (hangs)
		bypass->blocked |= VIRTNET_BYPASS_BLOCK_HUNG;
}

/* A VF whose VLANs have to be set takes RTNL: one that was detached waits for
 * the next time without it, one that could not take them has the work try.
 */
static void bypass_recheck_work(struct work_struct *work)
{
	struct virtnet_bypass_info *bypass =
		container_of(work, struct virtnet_bypass_info, recheck.work);
	unsigned long blocked = READ_ONCE(bypass->blocked);
	struct net_device *vf;
	bool locked, told;

	locked = blocked & (VIRTNET_BYPASS_BLOCK_DETACHED |
			    VIRTNET_BYPASS_BLOCK_VLAN) && rtnl_trylock();
	if (locked)
		virtnet_bypass_vlan_retry(bypass);
	else if (blocked & VIRTNET_BYPASS_BLOCK_VLAN)
		virtnet_bypass_recheck_in(bypass, 1);
	told = locked && virtnet_bypass_tell_again(bypass);

	mutex_lock(&bypass->lock);
	vf = rcu_dereference_protected(bypass->vf,
				       lockdep_is_held(&bypass->lock));
	if (!vf)
		goto unlock;

	if (told && virtnet_bypass_vf_is_back(bypass, vf))
		bypass->blocked &= ~VIRTNET_BYPASS_BLOCK_DETACHED;
	bypass_check_room(bypass, vf);
	__virtnet_bypass_update(bypass);
unlock:
	mutex_unlock(&bypass->lock);
	if (locked)
		rtnl_unlock();
}

/**
 * virtnet_bypass_watch_init() - prepare to look after a VF
 * @bypass: the bypass
 *
 * Context: Any.
 */
void virtnet_bypass_watch_init(struct virtnet_bypass_info *bypass)
{
	INIT_DELAYED_WORK(&bypass->recheck, bypass_recheck_work);
}

/**
 * virtnet_bypass_recheck_in() - look at the VF in a while
 * @bypass: the bypass
 * @delay: when, in jiffies
 *
 * Context: Any.
 */
void virtnet_bypass_recheck_in(struct virtnet_bypass_info *bypass,
			       unsigned long delay)
{
	mod_delayed_work(system_wq, &bypass->recheck, delay);
}

/**
 * virtnet_bypass_recheck() - the VF is found to be other than it was
 * @bypass: the bypass
 *
 * A driver detaches its netdev when it suspends the device or resets it, and
 * attaches it when that is over. No event is sent for either: whoever needs
 * the VF notices the one, and the work looks for the other. That of a lost
 * carrier comes up to a second late, and not at all while the netdev is
 * detached (net/core/link_watch.c).
 *
 * Context: Any.
 */
void virtnet_bypass_recheck(struct virtnet_bypass_info *bypass)
{
	virtnet_bypass_recheck_in(bypass, 0);
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
				   VIRTNET_BYPASS_WATCH_INTERVAL);
}

/**
 * virtnet_bypass_vf_is_back() - is a VF there that may have lost settings?
 * @bypass: the bypass
 * @vf: the VF
 *
 * It waits for the work to set them again: not while it is detached, nor while
 * the virtio device sleeps.
 *
 * Context: Process context. bypass->lock held.
 * Return: true if the settings are to be set again now.
 */
bool virtnet_bypass_vf_is_back(const struct virtnet_bypass_info *bypass,
			       const struct net_device *vf)
{
	lockdep_assert_held(&bypass->lock);

	return netif_device_present(vf) &&
	       bypass->blocked & VIRTNET_BYPASS_BLOCK_DETACHED &&
	       !(bypass->blocked & VIRTNET_BYPASS_BLOCK_FROZEN);
}

/**
 * virtnet_bypass_watch_detached() - note whether a VF is detached
 * @bypass: the bypass
 * @vf: the VF
 *
 * Looks after one that is, and after one that is back and may have lost
 * settings.
 *
 * Context: Process context. bypass->lock held.
 */
void virtnet_bypass_watch_detached(struct virtnet_bypass_info *bypass,
				   const struct net_device *vf)
{
	lockdep_assert_held(&bypass->lock);

	if (!netif_device_present(vf)) {
		bypass->blocked |= VIRTNET_BYPASS_BLOCK_DETACHED;
		virtnet_bypass_recheck_in(bypass,
					  VIRTNET_BYPASS_DETACHED_INTERVAL);
	} else if (virtnet_bypass_vf_is_back(bypass, vf)) {
		virtnet_bypass_recheck_in(bypass, 1);
	}
}

/**
 * virtnet_bypass_watch_cancel() - look after the VF no more
 * @bypass: the bypass
 *
 * Context: Process context; may sleep. RTNL may be held, bypass->lock not.
 */
void virtnet_bypass_watch_cancel(struct virtnet_bypass_info *bypass)
{
	cancel_delayed_work_sync(&bypass->recheck);
}
