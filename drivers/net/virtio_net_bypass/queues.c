// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: how many tx queues the master has, and
 * which CPU uses which.
 *
 * There is one range of them for both paths: queue n feeds queue n of the VF,
 * or the virtio send queue n, modulo the number of those.
 */
#include <linux/cpumask.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"

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

	if (!bypass)
		return netif_set_real_num_tx_queues(dev, queue_pairs);

	WRITE_ONCE(bypass->num_sqs, queue_pairs);
	vf = virtnet_bypass_vf_rtnl(bypass);
	if (vf)
		queues = max(queues, min(vf->real_num_tx_queues,
					 dev->num_tx_queues));
	return netif_set_real_num_tx_queues(dev, queues);
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
	bypass->xps_due = true;
	return netif_set_real_num_tx_queues(dev, queues);
}

/**
 * virtnet_bypass_xps_spread() - spread the CPUs over new tx queues
 * @bypass: the bypass
 *
 * virtio_net maps every CPU to one of its own queues only. Done once for each
 * time the number of queues grew, not to override what a user sets later.
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_xps_spread(struct virtnet_bypass_info *bypass)
{
	struct net_device *dev = bypass->dev;
	unsigned int i, n, cpu;
	cpumask_var_t mask;

	ASSERT_RTNL();

	if (!bypass->xps_due || !zalloc_cpumask_var(&mask, GFP_KERNEL))
		return;
	bypass->xps_due = false;

	for (i = 0; i < dev->real_num_tx_queues; i++) {
		cpumask_clear(mask);
		n = 0;
		for_each_possible_cpu(cpu) {
			if (n++ % dev->real_num_tx_queues == i)
				cpumask_set_cpu(cpu, mask);
		}
		netif_set_xps_queue(dev, mask, i);
	}
	free_cpumask_var(mask);
}
