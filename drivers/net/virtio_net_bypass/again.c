// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: what watch.c was asked for. A VF is looked
 * at again, and told again what it may have missed; what has to wait until RTNL
 * is free, or until a VF's driver can be called, or can do it, is done.
 */
#include <linux/bitops.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/virtnet_bypass.h>

#include "again.h"
#include "bypass.h"
#include "features.h"
#include "flow.h"
#include "follow.h"
#include "rxhash.h"
#include "shim.h"
#include "switch.h"
#include "vlan.h"
#include "watch.h"
#include "xdp.h"
#include "xps.h"

/* A tx queue that was stopped for so long hangs: before the watchdog of most
 * drivers says so (5 s, netdev_watchdog_up() in net/sched/sch_generic.c)
 */
#define VIRTNET_BYPASS_HUNG_TIME	(2 * HZ)

/* Tell a VF that is back what it may have missed: true if it was told */
static bool bypass_tell_again(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	bool back;

	ASSERT_RTNL();

	mutex_lock(&bypass->lock);
	back = vf && virtnet_bypass_vf_is_back(bypass, vf);
	mutex_unlock(&bypass->lock);
	if (!back)
		return false;

	virtnet_bypass_vlan_again(bypass, vf);
	virtnet_bypass_features_again(bypass, vf);
	virtnet_bypass_mtu_retry(bypass, vf);
	virtnet_bypass_xdp_again(bypass, vf);
	virtnet_bypass_rxhash_tell(bypass, vf);
	return true;
}

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
	told = locked && bypass_tell_again(bypass);

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

static void bypass_again_work(struct work_struct *work)
{
	struct virtnet_bypass_info *bypass =
		container_of(work, struct virtnet_bypass_info, again.work.work);

	if (!rtnl_trylock()) {
		mod_delayed_work(system_wq, &bypass->again.work, 1);
		return;
	}

	if (bypass->dev->reg_state != NETREG_REGISTERED)
		goto unlock;
	if (test_and_clear_bit(VIRTNET_BYPASS_AGAIN_XPS, &bypass->again.due))
		virtnet_bypass_xps_again(bypass);
	if (test_and_clear_bit(VIRTNET_BYPASS_AGAIN_RXHASH, &bypass->again.due))
		virtnet_bypass_rxhash_again(bypass);
unlock:
	rtnl_unlock();
}

/**
 * virtnet_bypass_again_init() - prepare for what is done again
 * @bypass: the bypass
 *
 * Context: Any.
 */
void virtnet_bypass_again_init(struct virtnet_bypass_info *bypass)
{
	INIT_DELAYED_WORK(&bypass->again.work, bypass_again_work);
	INIT_DELAYED_WORK(&bypass->recheck, bypass_recheck_work);
}

/**
 * virtnet_bypass_again_cancel() - do nothing again any more
 * @bypass: the bypass of a netdev that is not registered any more
 *
 * Context: Process context; may sleep.
 */
void virtnet_bypass_again_cancel(struct virtnet_bypass_info *bypass)
{
	cancel_delayed_work_sync(&bypass->again.work);
	cancel_delayed_work_sync(&bypass->recheck);
}
