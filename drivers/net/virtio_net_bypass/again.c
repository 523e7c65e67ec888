// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: what is done again, later, as it has to
 * wait until RTNL is free, or until a VF's driver can be called, or can do it.
 */
#include <linux/bitops.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/virtnet_bypass.h>

#include "again.h"
#include "bypass.h"
#include "features.h"
#include "follow.h"
#include "rxhash.h"
#include "switch.h"
#include "vlan.h"
#include "watch.h"
#include "xdp.h"
#include "xps.h"

/**
 * virtnet_bypass_can_tell() - may the driver of a VF be called?
 * @bypass: the bypass
 * @vf: a VF, which has joined or is about to
 *
 * The core calls no driver that has detached its netdev: its queues, or its
 * hardware, may be gone. Such a VF carries no traffic until it is back and was
 * told all again.
 *
 * Context: RTNL held, bypass->lock not; may sleep.
 * Return: false if it is told later.
 */
bool virtnet_bypass_can_tell(struct virtnet_bypass_info *bypass,
			     struct net_device *vf)
{
	ASSERT_RTNL();

	if (netif_device_present(vf))
		return true;

	virtnet_bypass_block(bypass, VIRTNET_BYPASS_BLOCK_DETACHED, 0);
	return false;
}

/**
 * virtnet_bypass_tell_again() - tell a VF that is back what it may have missed
 * @bypass: the bypass
 *
 * Context: RTNL held, bypass->lock not; may sleep.
 * Return: true if it was told.
 */
bool virtnet_bypass_tell_again(struct virtnet_bypass_info *bypass)
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
 * virtnet_bypass_again() - have something done again
 * @bypass: the bypass
 * @what: VIRTNET_BYPASS_AGAIN_*
 * @delay: in jiffies; it may be done sooner
 *
 * Context: Any.
 */
void virtnet_bypass_again(struct virtnet_bypass_info *bypass, unsigned int what,
			  unsigned long delay)
{
	set_bit(what, &bypass->again.due);
	if (delay)
		queue_delayed_work(system_wq, &bypass->again.work, delay);
	else
		mod_delayed_work(system_wq, &bypass->again.work, 0);
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
}
