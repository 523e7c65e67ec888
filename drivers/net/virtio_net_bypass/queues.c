// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: how many tx queues the master has.
 *
 * There is one range of them for both paths: queue n feeds queue n of the VF,
 * or the virtio send queue n, modulo the number of those.
 */
#include <linux/minmax.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"

/* How many tx queues the path in use can make use of */
static unsigned int
virtnet_bypass_used_txqs(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	struct net_device *dev = bypass->dev;

	if (!vf)
		return bypass->num_sqs;
	return max(bypass->num_sqs,
		   min(vf->real_num_tx_queues, dev->real_num_tx_queues));
}

/**
 * virtnet_bypass_xps_follow() - let each CPU have a queue of the VF
 * @bypass: the bypass
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_xps_follow(struct virtnet_bypass_info *bypass)
{
	ASSERT_RTNL();

	if (netif_running(bypass->dev))
		virtnet_bypass_xps_spread(bypass,
					  virtnet_bypass_used_txqs(bypass));
}

/**
 * virtnet_bypass_set_txqs() - the number of virtio queue pairs changed
 * @bypass: bypass of @dev, or NULL
 * @dev: the virtio netdev
 * @queue_pairs: queue pairs in use from now on
 *
 * The master keeps enough tx queues for the VF as well.
 *
 * Context: RTNL held; may sleep.
 * Return: 0 or the error of netif_set_real_num_tx_queues().
 */
int virtnet_bypass_set_txqs(struct virtnet_bypass_info *bypass,
			    struct net_device *dev, unsigned int queue_pairs)
{
	unsigned int queues = queue_pairs;
	struct net_device *vf;
	int err;

	if (!bypass)
		return netif_set_real_num_tx_queues(dev, queue_pairs);

	WRITE_ONCE(bypass->num_sqs, queue_pairs);
	vf = virtnet_bypass_vf_rtnl(bypass);
	if (vf)
		queues = max(queues, min(vf->real_num_tx_queues,
					 dev->num_tx_queues));
	err = netif_set_real_num_tx_queues(dev, queues);
	/* virtio_net has just mapped the CPUs to its own ones again */
	bypass->xps_queues = queue_pairs;
	virtnet_bypass_xps_spread(bypass, queues);
	/* A borrower may wait for a send queue that is no longer its own */
	virtnet_bypass_wake_all(bypass);
	return err;
}

/**
 * virtnet_bypass_txqs_grow() - give the master the tx queues a VF can use
 * @bypass: the bypass
 * @vf: the VF
 *
 * They stay when the VF goes: to take queues away would purge what waits in
 * them, and the same flow would wait in another queue than before.
 *
 * Context: RTNL held; may sleep.
 * Return: 0 or the error of netif_set_real_num_tx_queues().
 */
int virtnet_bypass_txqs_grow(struct virtnet_bypass_info *bypass,
			     struct net_device *vf)
{
	struct net_device *dev = bypass->dev;
	unsigned int queues = min(vf->real_num_tx_queues, dev->num_tx_queues);

	ASSERT_RTNL();

	if (queues <= dev->real_num_tx_queues)
		return 0;
	return netif_set_real_num_tx_queues(dev, queues);
}

/**
 * virtnet_bypass_txqs_follow() - the VF may have more tx queues than it had
 * @bypass: the bypass
 * @vf: the VF
 *
 * Nobody is told when a driver changes their number; most take the link down
 * for it. That there are fewer is seen with the next packet (tx.c).
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_txqs_follow(struct virtnet_bypass_info *bypass,
				struct net_device *vf)
{
	int err;

	err = virtnet_bypass_txqs_grow(bypass, vf);
	if (err)
		netdev_warn(bypass->dev, "bypass: VF %s has %u tx queues, not all are used: error %d\n",
			    netdev_name(vf), vf->real_num_tx_queues, err);
	virtnet_bypass_xps_follow(bypass);
}
