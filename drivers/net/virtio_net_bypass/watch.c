// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: have a VF of which nobody tells looked
 * after, and what cannot be done now done later (again.c).
 *
 * No event is sent when a driver detaches its netdev or attaches it again, nor
 * when a tx queue stays stopped: whoever meets such a VF asks for it here.
 */
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "watch.h"

/* Between two looks at a VF that is detached */
#define VIRTNET_BYPASS_DETACHED_INTERVAL	HZ

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
