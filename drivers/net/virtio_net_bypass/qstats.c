// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: per-queue statistics, on kernels that have
 * them (Linux 6.9 and later).
 *
 * virtio_net looks up a send queue for every tx queue it is asked about. The
 * master may have more tx queues than the virtio device has send queues.
 */
#include <linux/netdevice.h>
#include <net/netdev_queues.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"

static const struct netdev_stat_ops *
virtnet_bypass_orig_stat_ops(const struct net_device *dev)
{
	return virtnet_bypass_of(dev)->orig_stat_ops;
}

static void virtnet_bypass_queue_stats_rx(struct net_device *dev, int index,
					  struct netdev_queue_stats_rx *stats)
{
	virtnet_bypass_orig_stat_ops(dev)->get_queue_stats_rx(dev, index,
							      stats);
}

static void virtnet_bypass_queue_stats_tx(struct net_device *dev, int index,
					  struct netdev_queue_stats_tx *stats)
{
	/* As many rx queues are allocated as the device has queue pairs */
	if (index < dev->num_rx_queues)
		virtnet_bypass_orig_stat_ops(dev)->get_queue_stats_tx(dev,
								      index,
								      stats);
}

/* What the VFs carried belongs to no queue of the virtio device */
static void virtnet_bypass_base_stats(struct net_device *dev,
				      struct netdev_queue_stats_rx *rx,
				      struct netdev_queue_stats_tx *tx)
{
	struct rtnl_link_stats64 vf;

	virtnet_bypass_orig_stat_ops(dev)->get_base_stats(dev, rx, tx);
	virtnet_bypass_vf_stats(virtnet_bypass_of(dev), &vf);
	rx->packets += vf.rx_packets;
	rx->bytes += vf.rx_bytes;
	tx->packets += vf.tx_packets;
	tx->bytes += vf.tx_bytes;
}

static const struct netdev_stat_ops virtnet_bypass_stat_ops = {
	.get_queue_stats_rx	= virtnet_bypass_queue_stats_rx,
	.get_queue_stats_tx	= virtnet_bypass_queue_stats_tx,
	.get_base_stats		= virtnet_bypass_base_stats,
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
	bypass->dev->stat_ops = &virtnet_bypass_stat_ops;
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
