// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: tell the network of a switch.
 *
 * Switches on the way learn from the packets they see where an address is, and
 * the other path is behind another port. What stands on the master (VLANs,
 * macvlans) is told by the same notifiers and announces itself too.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"

/* Once at the switch and twice more, for frames that are lost on the way while
 * the host moves its filter. QEMU does it five times within a second after a
 * migration (migration/migration.c, announce_params), a bond once by default.
 */
#define VIRTNET_BYPASS_ANNOUNCE_COUNT		3
#define VIRTNET_BYPASS_ANNOUNCE_INTERVAL	(HZ / 10)

static void virtnet_bypass_announce_work(struct work_struct *work)
{
	struct virtnet_bypass_info *bypass =
		container_of(work, struct virtnet_bypass_info, announce.work);
	struct net_device *dev = bypass->dev;

	/* Nobody would hear it */
	if (READ_ONCE(bypass->frozen))
		return;

	/* As the takeover: it can be cancelled under RTNL */
	if (!rtnl_trylock()) {
		mod_delayed_work(system_wq, &bypass->announce, 1);
		return;
	}

	if (netif_running(dev)) {
		call_netdevice_notifiers(NETDEV_NOTIFY_PEERS, dev);
		call_netdevice_notifiers(NETDEV_RESEND_IGMP, dev);
	}
	rtnl_unlock();

	if (atomic_dec_if_positive(&bypass->announce_left) > 0)
		mod_delayed_work(system_wq, &bypass->announce,
				 VIRTNET_BYPASS_ANNOUNCE_INTERVAL);
}

/**
 * virtnet_bypass_announce() - announce the master by the path in use
 * @bypass: the bypass
 *
 * Context: Any.
 */
void virtnet_bypass_announce(struct virtnet_bypass_info *bypass)
{
	/* 0 is for never */
	WRITE_ONCE(bypass->switched, jiffies ?: 1);
	atomic_set(&bypass->announce_left, VIRTNET_BYPASS_ANNOUNCE_COUNT);
	mod_delayed_work(system_wq, &bypass->announce, 0);
}

/**
 * virtnet_bypass_announce_resume() - announce what was not while suspended
 * @bypass: the bypass
 *
 * Context: Any. The virtio device is not suspended any more.
 */
void virtnet_bypass_announce_resume(struct virtnet_bypass_info *bypass)
{
	if (atomic_read(&bypass->announce_left) > 0)
		mod_delayed_work(system_wq, &bypass->announce, 0);
}

/**
 * virtnet_bypass_announce_init() - prepare to announce
 * @bypass: the bypass
 *
 * Context: Any.
 */
void virtnet_bypass_announce_init(struct virtnet_bypass_info *bypass)
{
	INIT_DELAYED_WORK(&bypass->announce, virtnet_bypass_announce_work);
}

/**
 * virtnet_bypass_announce_cancel() - announce no more
 * @bypass: the bypass
 *
 * Context: Process context; may sleep. RTNL may be held.
 */
void virtnet_bypass_announce_cancel(struct virtnet_bypass_info *bypass)
{
	cancel_delayed_work_sync(&bypass->announce);
}
