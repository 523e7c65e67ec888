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
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/pkt_sched.h>
#include <net/sch_generic.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "flow.h"
#include "queues.h"
#include "xps.h"

/* How many tx queues the VF or standby can make use of. Until a VF is opened
 * many a driver shows as many as it has allocated.
 */
static unsigned int
bypass_used_txqs(const struct virtnet_bypass_info *bypass,
		 const struct net_device *vf)
{
	if (!vf || !netif_running(vf))
		return bypass->num_sqs;
	return max(bypass->num_sqs,
		   min(vf->real_num_tx_queues, bypass->dev->num_tx_queues));
}

/* The core gives the queues of an mq qdisc that are not in use yet pfifo_fast,
 * whatever the system's default is. Nobody sends by those. Returns what was in
 * the queue, or NULL with that still in it.
 */
static struct Qdisc *bypass_new_qdisc(struct netdev_queue *txq)
{
	struct Qdisc *old = rtnl_dereference(txq->qdisc_sleeping);
	struct Qdisc *qdisc;

	if (old->ops != &pfifo_fast_ops)
		return NULL;

	qdisc = qdisc_create_dflt(txq, default_qdisc_ops, old->parent, NULL);
	if (!qdisc)
		return NULL;
	qdisc->flags |= TCQ_F_ONETXQUEUE | TCQ_F_NOPARENT;
	rcu_assign_pointer(txq->qdisc_sleeping, qdisc);
	if (rcu_access_pointer(txq->qdisc) == old)
		rcu_assign_pointer(txq->qdisc, qdisc);
	return old;
}

/* Nobody sends by it, but whoever woke the queue has scheduled it */
static void bypass_put_qdisc(struct Qdisc *qdisc)
{
	while (qdisc_is_running(qdisc) ||
	       test_bit(__QDISC_STATE_SCHED, &qdisc->state))
		schedule_timeout_uninterruptible(1);
	qdisc_put(qdisc);
}

/* Give the tx queues up to @queues the qdisc they would have got if they had
 * been there before
 */
static void bypass_default_qdiscs(struct net_device *dev, unsigned int queues)
{
	struct Qdisc *root = rtnl_dereference(dev->qdisc);
	unsigned int i, first = dev->real_num_tx_queues;
	struct Qdisc **old;

	if (strcmp(root->ops->id, "mq") || default_qdisc_ops == &pfifo_fast_ops)
		return;

	old = kcalloc(queues, sizeof(*old), GFP_KERNEL);
	if (!old)
		return;
	for (i = first; i < queues; i++)
		old[i] = bypass_new_qdisc(netdev_get_tx_queue(dev, i));
	synchronize_net();
	for (i = first; i < queues; i++) {
		if (old[i])
			bypass_put_qdisc(old[i]);
	}
	kfree(old);
}

/**
 * virtnet_bypass_xps_follow() - let each CPU have a queue of the VF
 * @bypass: the bypass
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_xps_follow(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	struct net_device *dev = bypass->dev;

	ASSERT_RTNL();

	if (netif_running(dev))
		virtnet_bypass_xps_spread(bypass,
					  min(dev->real_num_tx_queues,
					      bypass_used_txqs(bypass, vf)));
}

static int bypass_resize_txqs(struct virtnet_bypass_info *bypass,
			      unsigned int queues)
{
	struct net_device *dev = bypass->dev;

	if (queues > dev->real_num_tx_queues)
		bypass_default_qdiscs(dev, queues);
	return netif_set_real_num_tx_queues(dev, queues);
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
	unsigned int queues;
	int err;

	if (!bypass)
		return netif_set_real_num_tx_queues(dev, queue_pairs);

	WRITE_ONCE(bypass->num_sqs, queue_pairs);
	queues = bypass_used_txqs(bypass, virtnet_bypass_vf_rtnl(bypass));
	err = bypass_resize_txqs(bypass, queues);
	/* virtio_net has just mapped the CPUs to its own ones again */
	bypass->xps.queues = queue_pairs;
	virtnet_bypass_xps_spread(bypass, queues);
	/* A borrower may wait for a send queue that is no longer its own */
	virtnet_bypass_flow_wake_all(bypass);
	return err;
}

/**
 * virtnet_bypass_txqs_grow() - give the master the tx queues a VF can use
 * @bypass: the bypass
 * @vf: a VF that is up; of one that is not nobody knows them
 *
 * They stay when the VF goes, until the master is set down: to take queues away
 * would purge what waits in them, and the same flow would wait in another queue
 * than before.
 *
 * Context: RTNL held; may sleep.
 * Return: 0 or the error of netif_set_real_num_tx_queues().
 */
int virtnet_bypass_txqs_grow(struct virtnet_bypass_info *bypass,
			     struct net_device *vf)
{
	struct net_device *dev = bypass->dev;
	unsigned int queues = bypass_used_txqs(bypass, vf);

	ASSERT_RTNL();

	if (queues <= dev->real_num_tx_queues)
		return 0;
	return bypass_resize_txqs(bypass, queues);
}

/**
 * virtnet_bypass_txqs_open() - the master is set up, with no queues of old VFs
 * @bypass: the bypass
 *
 * Nothing waits in them now. Where virtio_net fails to open, they are not in
 * use either.
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_txqs_open(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	unsigned int queues = bypass_used_txqs(bypass, vf);

	ASSERT_RTNL();

	if (queues >= bypass->dev->real_num_tx_queues)
		return;
	netif_set_real_num_tx_queues(bypass->dev, queues);
	virtnet_bypass_xps_spread(bypass, queues);
}

/**
 * virtnet_bypass_txqs_follow() - the VF may have more or fewer tx queues
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

	/* Perhaps nobody has to share any more; who does says so again */
	if (READ_ONCE(bypass->vf_shared)) {
		WRITE_ONCE(bypass->vf_shared, false);
		virtnet_bypass_flow_wake_all(bypass);
	}
}
