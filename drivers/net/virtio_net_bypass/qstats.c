// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: per-queue statistics, on kernels that have
 * them (Linux 6.9 and later).
 *
 * virtio_net looks up a send queue for every tx queue it is asked about. The
 * master may have more tx queues than the virtio device has send queues.
 */
#include <linux/netdevice.h>
#include <linux/string.h>
#include <net/netdev_queues.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "qstats.h"
#include "stats.h"

static const struct netdev_stat_ops *
bypass_orig_stat_ops(const struct net_device *dev)
{
	return virtnet_bypass_of(dev)->orig_stat_ops;
}

/* A device that is suspended, or did not wake up, has no queues to ask */
static bool bypass_has_queues(const struct net_device *dev)
{
	return !READ_ONCE(virtnet_bypass_of(dev)->stats.frozen);
}

static void bypass_queue_stats_rx(struct net_device *dev, int index,
				  struct netdev_queue_stats_rx *stats)
{
	if (bypass_has_queues(dev))
		bypass_orig_stat_ops(dev)->get_queue_stats_rx(dev, index,
							      stats);
}

static void bypass_queue_stats_tx(struct net_device *dev, int index,
				  struct netdev_queue_stats_tx *stats)
{
	/* As many rx queues are allocated as the device has queue pairs */
	if (index < dev->num_rx_queues && bypass_has_queues(dev))
		bypass_orig_stat_ops(dev)->get_queue_stats_tx(dev, index,
							      stats);
}

/* What the VFs carried belongs to no queue of the virtio device, and what its
 * queues counted before a suspend to none that there is now.
 */
static void bypass_base_stats(struct net_device *dev,
			      struct netdev_queue_stats_rx *rx,
			      struct netdev_queue_stats_tx *tx)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct rtnl_link_stats64 stats;

	bypass->orig_stat_ops->get_base_stats(dev, rx, tx);
	virtnet_bypass_base_link_stats(bypass, &stats);
	rx->packets += stats.rx_packets;
	rx->bytes += stats.rx_bytes;
	tx->packets += stats.tx_packets;
	tx->bytes += stats.tx_bytes;
	tx->stop += bypass->stats.slept_stop;
	tx->wake += bypass->stats.slept_wake;
}

/**
 * virtnet_bypass_qstats_freeze() - remember what only these statistics show
 * @bypass: the bypass
 *
 * What the device itself counts is its own business.
 *
 * Context: Process context; the queues are still there.
 */
void virtnet_bypass_qstats_freeze(struct virtnet_bypass_info *bypass)
{
	const struct netdev_stat_ops *ops = bypass->orig_stat_ops;
	struct net_device *dev = bypass->dev;
	struct netdev_queue_stats_tx tx;
	unsigned int i;

	for (i = 0; i < dev->num_rx_queues; i++) {
		memset(&tx, 0, sizeof(tx));
		ops->get_queue_stats_tx(dev, i, &tx);
		bypass->stats.slept_stop += tx.stop;
		bypass->stats.slept_wake += tx.wake;
	}
}

static const struct netdev_stat_ops bypass_stat_ops = {
	.get_queue_stats_rx	= bypass_queue_stats_rx,
	.get_queue_stats_tx	= bypass_queue_stats_tx,
	.get_base_stats		= bypass_base_stats,
};

/**
 * virtnet_bypass_qstats_init() - put our per-queue getters in place
 * @bypass: the bypass
 *
 * Context: Process context, before the netdev is registered.
 */
void virtnet_bypass_qstats_init(struct virtnet_bypass_info *bypass)
{
	bypass->orig_stat_ops = bypass->dev->stat_ops;
	bypass->dev->stat_ops = &bypass_stat_ops;
}

/**
 * virtnet_bypass_qstats_exit() - undo virtnet_bypass_qstats_init()
 * @bypass: the bypass
 *
 * Context: Process context, the netdev is not registered.
 */
void virtnet_bypass_qstats_exit(struct virtnet_bypass_info *bypass)
{
	bypass->dev->stat_ops = bypass->orig_stat_ops;
}
