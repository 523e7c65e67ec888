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
#include "compat.h"
#include "copies.h"
#include "ethtool.h"
#include "features.h"
#include "flow.h"
#include "follow.h"
#include "hwtstamp.h"
#include "netpoll.h"
#include "primary.h"
#include "qstats.h"
#include "queues.h"
#include "rxhash.h"
#include "stations.h"
#include "stats.h"
#include "switch.h"
#include "tx.h"
#include "vlan.h"
#include "xdp.h"
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

#ifdef VIRTNET_BYPASS_HAVE_RXFH_PARAM
static int bypass_set_rxfh(struct net_device *dev,
			   struct ethtool_rxfh_param *rxfh,
			   struct netlink_ext_ack *extack)
{
	return virtnet_bypass_rxfh_change(dev, rxfh);
}
#else
static int bypass_set_rxfh(struct net_device *dev, const u32 *indir,
			   const u8 *key, const u8 hfunc)
{
	struct ethtool_rxfh_param rxfh = {
		.hfunc	= hfunc,
		.indir	= (u32 *)indir,
		.key	= (u8 *)key,
	};

	return virtnet_bypass_rxfh_change(dev, &rxfh);
}
#endif

/* What the master does in another way than virtio_net */
static void bypass_ndo(struct net_device_ops *ndo)
{
	ndo->ndo_open = bypass_open;
	ndo->ndo_stop = bypass_stop;
	ndo->ndo_start_xmit = virtnet_bypass_start_xmit;
	ndo->ndo_tx_timeout = virtnet_bypass_tx_timeout;
	ndo->ndo_get_stats64 = virtnet_bypass_get_stats64;
	ndo->ndo_set_mac_address = virtnet_bypass_set_mac;
	ndo->ndo_change_mtu = virtnet_bypass_change_mtu;
	ndo->ndo_change_rx_flags = virtnet_bypass_change_rx_flags;
	ndo->ndo_set_rx_mode = virtnet_bypass_set_rx_mode;
	ndo->ndo_vlan_rx_add_vid = virtnet_bypass_vlan_add;
	ndo->ndo_vlan_rx_kill_vid = virtnet_bypass_vlan_kill;
	ndo->ndo_set_features = virtnet_bypass_set_features;
	ndo->ndo_bpf = virtnet_bypass_bpf;
	ndo->ndo_xdp_xmit = virtnet_bypass_xdp_xmit;
	/* virtio_net would answer "sby", the name of net_failover's slave */
	ndo->ndo_get_phys_port_name = NULL;
#ifdef VIRTNET_BYPASS_HAVE_HWTSTAMP_NDO
	ndo->ndo_hwtstamp_get = virtnet_bypass_hwtstamp_get;
	ndo->ndo_hwtstamp_set = virtnet_bypass_hwtstamp_set;
#else
	ndo->ndo_eth_ioctl = virtnet_bypass_eth_ioctl;
#endif
#ifdef CONFIG_NET_POLL_CONTROLLER
	ndo->ndo_netpoll_setup = virtnet_bypass_netpoll_setup;
	ndo->ndo_netpoll_cleanup = virtnet_bypass_netpoll_cleanup;
	ndo->ndo_poll_controller = virtnet_bypass_poll_controller;
#endif
}

/* The same for ethtool. virtio_net has ops without some of these, for devices
 * that hash nothing, and on kernels that cannot ask for one queue.
 */
static void bypass_ethtool(struct ethtool_ops *ethtool)
{
	ethtool->get_sset_count = virtnet_bypass_get_sset_count;
	ethtool->get_strings = virtnet_bypass_get_strings;
	ethtool->get_ethtool_stats = virtnet_bypass_get_ethtool_stats;
	ethtool->get_link_ksettings = virtnet_bypass_get_link_ksettings;
	ethtool->get_ts_info = virtnet_bypass_get_ts_info;
	if (ethtool->set_link_ksettings)
		ethtool->set_link_ksettings = virtnet_bypass_set_link_ksettings;
	if (ethtool->set_coalesce)
		ethtool->set_coalesce = virtnet_bypass_set_coalesce;
	if (ethtool->set_per_queue_coalesce)
		ethtool->set_per_queue_coalesce =
			virtnet_bypass_set_queue_coalesce;
	if (ethtool->set_ringparam)
		ethtool->set_ringparam = virtnet_bypass_set_ringparam;
	if (ethtool->set_rxfh)
		ethtool->set_rxfh = bypass_set_rxfh;
	if (ethtool->set_rxnfc)
		ethtool->set_rxnfc = virtnet_bypass_set_rxnfc;
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
	bypass_ndo(&bypass->ndo);
	bypass_ethtool(&bypass->ethtool);
	virtnet_bypass_vlan_init(bypass);
	virtnet_bypass_features_init(bypass);

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
	virtnet_bypass_qstats_freeze(bypass);
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
