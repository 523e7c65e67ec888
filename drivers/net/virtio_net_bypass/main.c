// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net.
 *
 * A virtio netdev whose device negotiated VIRTIO_NET_F_STANDBY (bit 62,
 * virtio 1.2 section 5.1.3) enslaves the VF that has its MAC address and
 * sends through it while it can. There is no third netdev: the virtio netdev
 * itself is the master, with an alternate set of ops.
 *
 * Locks, outermost first: RTNL, bypass->lock, the tx lock of a queue of the
 * master, the tx lock of a queue of the VF.
 */
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <net/virtnet_bypass.h>

#include "again.h"
#include "announce.h"
#include "bypass.h"
#include "copies.h"
#include "ethtool.h"
#include "flow.h"
#include "follow.h"
#include "hwtstamp.h"
#include "primary.h"
#include "qstats.h"
#include "queues.h"
#include "rxhash.h"
#include "stations.h"
#include "stats.h"
#include "switch.h"
#include "tx.h"
#include "vlan.h"
#include "xps.h"

/* As many tx queues as netvsc has channels at most (VRSS_CHANNEL_MAX). Each
 * one costs some 25 kB for a qdisc, used or not.
 */
#define VIRTNET_BYPASS_MAX_TXQS		64U

static int bypass_open(struct net_device *dev)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	int err;

	virtnet_bypass_txqs_open(bypass);
	err = bypass->orig_ndo->ndo_open(dev);
	if (err)
		return err;

	/* What stopped a queue may have ended while the master was down, when
	 * nobody wakes queues
	 */
	virtnet_bypass_flow_wake_all(bypass);
	virtnet_bypass_vf_open(bypass);
	return 0;
}

static int bypass_stop(struct net_device *dev)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);

	virtnet_bypass_vf_close(bypass);
	virtnet_bypass_tx_purge(bypass);
	return bypass->orig_ndo->ndo_stop(dev);
}

/**
 * virtnet_bypass_num_txqs() - how many tx queues to allocate
 * @vdev: the virtio device
 * @queue_pairs: number of its queue pairs
 *
 * Enough to feed all queues of a VF, however few the virtio device has.
 *
 * Context: Any.
 * Return: the number of tx queues.
 */
unsigned int virtnet_bypass_num_txqs(struct virtio_device *vdev,
				     unsigned int queue_pairs)
{
	if (!virtio_has_feature(vdev, VIRTIO_NET_F_STANDBY))
		return queue_pairs;
	return max(queue_pairs, min(num_possible_cpus(),
				    VIRTNET_BYPASS_MAX_TXQS));
}

/**
 * virtnet_bypass_create() - make a virtio netdev the master of a VF
 * @dev: the virtio netdev, set up and not registered yet
 *
 * Context: Process context, RTNL not held; may sleep.
 * Return: the bypass or an ERR_PTR(), with @dev as it came.
 */
struct virtnet_bypass_info *virtnet_bypass_create(struct net_device *dev)
{
	struct virtnet_bypass_info *bypass;
	unsigned int i;
	int err;

	bypass = kzalloc(sizeof(*bypass), GFP_KERNEL);
	if (!bypass)
		return ERR_PTR(-ENOMEM);

	bypass->txq = kcalloc(dev->num_tx_queues, sizeof(*bypass->txq),
			      GFP_KERNEL);
	if (!bypass->txq) {
		err = -ENOMEM;
		goto err_txq;
	}
	for (i = 0; i < dev->num_tx_queues; i++)
		bypass->txq[i].txq = netdev_get_tx_queue(dev, i);

	err = virtnet_bypass_copies_init(bypass);
	if (err)
		goto err_copies;
	err = virtnet_bypass_stations_init(bypass);
	if (err)
		goto err_stations;

	mutex_init(&bypass->lock);
	spin_lock_init(&bypass->stats.lock);
	bypass->dev = dev;
	bypass->num_sqs = dev->real_num_tx_queues;
	bypass->xps.queues = bypass->num_sqs;
	bypass->orig_ndo = dev->netdev_ops;
	bypass->orig_ethtool = dev->ethtool_ops;

	bypass->ndo = *dev->netdev_ops;
	bypass->ethtool = *dev->ethtool_ops;
	bypass->ndo.ndo_open = bypass_open;
	bypass->ndo.ndo_stop = bypass_stop;
	bypass->ndo.ndo_start_xmit = virtnet_bypass_start_xmit;
	bypass->ndo.ndo_tx_timeout = virtnet_bypass_tx_timeout;
	/* virtio_net would answer "sby", the name of net_failover's slave */
	bypass->ndo.ndo_get_phys_port_name = NULL;
	virtnet_bypass_follow_ops(bypass);
	virtnet_bypass_stats_ops(bypass);
	virtnet_bypass_ethtool_ops(bypass);
	virtnet_bypass_rxhash_ops(bypass);
	virtnet_bypass_hwtstamp_ops(bypass);

	/* The VF's driver may neither share packets nor find their headers in
	 * a fragment
	 */
	dev->priv_flags &= ~(IFF_TX_SKB_SHARING | IFF_TX_SKB_NO_LINEAR);

	/* Our tx locks are taken outside of those of the VF */
	netdev_lockdep_set_classes(dev);
	dev->netdev_ops = &bypass->ndo;
	dev->ethtool_ops = &bypass->ethtool;
	virtnet_bypass_qstats_init(bypass);

	virtnet_bypass_again_init(bypass);
	err = virtnet_bypass_xps_init(bypass);
	if (err)
		goto err_xps;

	err = virtnet_bypass_primary_init(bypass);
	if (err)
		goto err_primary;

	return bypass;

err_primary:
	virtnet_bypass_xps_exit(bypass);
	virtnet_bypass_again_cancel(bypass);
err_xps:
	virtnet_bypass_qstats_exit(bypass);
	dev->ethtool_ops = bypass->orig_ethtool;
	dev->netdev_ops = bypass->orig_ndo;
	virtnet_bypass_stations_exit(bypass);
err_stations:
	virtnet_bypass_copies_exit(bypass);
err_copies:
	kfree(bypass->txq);
err_txq:
	kfree(bypass);
	return ERR_PTR(err);
}

/**
 * virtnet_bypass_destroy() - undo virtnet_bypass_create()
 * @bypass: the bypass, or NULL
 *
 * Context: Process context, RTNL not held; may sleep. The netdev is not
 * registered any more.
 */
void virtnet_bypass_destroy(struct virtnet_bypass_info *bypass)
{
	struct net_device *dev;

	if (!bypass)
		return;

	virtnet_bypass_primary_exit(bypass);
	virtnet_bypass_xps_exit(bypass);
	virtnet_bypass_again_cancel(bypass);
	dev = bypass->dev;
	virtnet_bypass_qstats_exit(bypass);
	dev->ethtool_ops = bypass->orig_ethtool;
	dev->netdev_ops = bypass->orig_ndo;
	/* The last shims of a VF that stays may still be running */
	synchronize_net();
	virtnet_bypass_stations_exit(bypass);
	virtnet_bypass_copies_exit(bypass);
	kfree(bypass->txq);
	kfree(bypass);
}

/**
 * virtnet_bypass_freeze() - the virtio device is about to be suspended
 * @bypass: the bypass, or NULL
 *
 * Standby takes no packets until virtnet_bypass_restore(), whatever wakes its
 * queues: that the netdev is detached has stopped them, but a frame that
 * standby receives wakes them, and so does the switch of the path here. The
 * kernel itself goes on sending (TCP, ARP, what it forwards) while the
 * virtqueues are freed.
 *
 * Context: Process context; may sleep. The netdev is detached.
 */
void virtnet_bypass_freeze(struct virtnet_bypass_info *bypass)
{
	if (!bypass)
		return;

	WRITE_ONCE(bypass->frozen, true);
	/* The VF may be suspended after us and resumed before us, unseen */
	virtnet_bypass_block(bypass, VIRTNET_BYPASS_BLOCK_FROZEN |
				     VIRTNET_BYPASS_BLOCK_DETACHED, 0);
	/* Whoever has not seen it is done with the queues when they go */
	synchronize_net();
	virtnet_bypass_stats_freeze(bypass);
}

/**
 * virtnet_bypass_restore() - the virtio device was resumed
 * @bypass: the bypass, or NULL
 *
 * Context: Process context; may sleep. The netdev is about to be attached,
 * which wakes all queues.
 */
void virtnet_bypass_restore(struct virtnet_bypass_info *bypass)
{
	if (!bypass)
		return;

	virtnet_bypass_stats_restore(bypass);
	virtnet_bypass_vlan_restore(bypass);
	virtnet_bypass_xps_lost(bypass);

	/* The host may have changed the link, or taken the VF away, and no
	 * interrupt told of it: read the link anew once the core is ready
	 */
	virtio_config_changed(dev_to_virtio(bypass->dev->dev.parent));

	virtnet_bypass_flow_restore(bypass);
	WRITE_ONCE(bypass->frozen, false);
	virtnet_bypass_announce_resume(bypass);
	virtnet_bypass_block(bypass, 0, VIRTNET_BYPASS_BLOCK_FROZEN);
}

#ifdef VIRTNET_BYPASS_VERSION
MODULE_VERSION(VIRTNET_BYPASS_VERSION);
#endif
