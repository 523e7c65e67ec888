// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: the VF's queueing discipline.
 *
 * The master's qdisc is the queue; what the VF's tx queues have in its place
 * is this shim. A driver that takes packets again after a stop, and BQL when
 * bytes have completed, schedule the active qdisc of the tx queue: our
 * dequeue runs and wakes the master. The same way teql (net/sched/sch_teql.c)
 * drives its slaves.
 *
 * It is also a plain FIFO, for users of the VF itself.
 */
#include <linux/netdevice.h>
#include <linux/pkt_sched.h>
#include <linux/refcount.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <net/pkt_sched.h>
#include <net/sch_generic.h>

#include "bypass.h"
#include "flow.h"
#include "shim.h"

/**
 * struct virtnet_bypass_shim - private data of the shim
 * @bypass: whose queues to wake
 */
struct virtnet_bypass_shim {
	struct virtnet_bypass_info *bypass;
};

static int bypass_shim_enqueue(struct sk_buff *skb, struct Qdisc *sch,
			       struct sk_buff **to_free)
{
	if (likely(sch->q.qlen < sch->limit))
		return qdisc_enqueue_tail(skb, sch);
	return qdisc_drop(skb, sch, to_free);
}

static void bypass_shim_room(struct Qdisc *sch)
{
	struct virtnet_bypass_shim *priv = qdisc_priv(sch);

	virtnet_bypass_flow_room(priv->bypass,
				 virtnet_bypass_txq_index(sch->dev_queue));
}

/**
 * virtnet_bypass_shim_dequeue() - the VF's tx queue takes packets
 * @sch: the shim
 *
 * Context: Softirq or BH disabled, root lock of @sch held.
 * Return: a packet that had to wait, or NULL with the master woken.
 */
struct sk_buff *virtnet_bypass_shim_dequeue(struct Qdisc *sch)
{
	struct sk_buff *skb = qdisc_dequeue_head(sch);

	if (!skb)
		bypass_shim_room(sch);
	return skb;
}

/* The VF's driver took this tx queue away, or it is deactivated: nothing of it
 * will wake anybody any more
 */
static void bypass_shim_reset(struct Qdisc *sch)
{
	qdisc_reset_queue(sch);
	bypass_shim_room(sch);
}

static int bypass_shim_init(struct Qdisc *sch, struct nlattr *opt,
			    struct netlink_ext_ack *extack)
{
	sch->limit = max(READ_ONCE(qdisc_dev(sch)->tx_queue_len), 1U);
	sch->flags |= TCQ_F_ONETXQUEUE | TCQ_F_NOPARENT;
	return 0;
}

/* No owner: the module outlives every shim, because each VF leaves before the
 * master does, and the last grace period and the last reference of that are
 * waited for. An owner would forbid to unload the module while a VF is plugged.
 */
static struct Qdisc_ops bypass_shim_ops = {
	.id		= "virtnet_bypass",
	.priv_size	= sizeof(struct virtnet_bypass_shim),
	.enqueue	= bypass_shim_enqueue,
	.dequeue	= virtnet_bypass_shim_dequeue,
	.peek		= qdisc_peek_head,
	.init		= bypass_shim_init,
	.reset		= bypass_shim_reset,
};

/**
 * virtnet_bypass_shim_kick() - look whether a VF takes packets
 * @vf: an enslaved VF
 *
 * A driver may start its queues again without scheduling anybody, since the
 * next packet would run the qdisc. There is none while the master waits.
 *
 * Context: Any, RCU read-side or a reference to @vf held.
 */
void virtnet_bypass_shim_kick(struct net_device *vf)
{
	unsigned int i;

	for (i = 0; i < vf->real_num_tx_queues; i++)
		netif_schedule_queue(netdev_get_tx_queue(vf, i));
}

/* Take the qdiscs out of the tx queues of @vf; the caller puts new ones in or
 * leaves the choice to the next dev_activate().
 */
static void bypass_shim_strip(struct net_device *vf)
{
	struct Qdisc *root = rtnl_dereference(vf->qdisc);
	unsigned int i;

	for (i = 0; i < vf->num_tx_queues; i++)
		qdisc_put(dev_graft_qdisc(netdev_get_tx_queue(vf, i), NULL));

	rcu_assign_pointer(vf->qdisc, &noop_qdisc);
	qdisc_put(root);
}

/**
 * virtnet_bypass_shim_attach() - make the shim the qdisc of a VF
 * @bypass: the bypass
 * @vf: the VF, up or down
 *
 * Context: RTNL held; may sleep.
 * Return: 0, or -ENOMEM with the VF's own qdiscs in place.
 */
int virtnet_bypass_shim_attach(struct virtnet_bypass_info *bypass,
			       struct net_device *vf)
{
	struct virtnet_bypass_shim *priv;
	struct Qdisc **shims, *shim;
	unsigned int i;
	int err = -ENOMEM;

	ASSERT_RTNL();

	shims = kcalloc(vf->num_tx_queues, sizeof(*shims), GFP_KERNEL);
	if (!shims)
		return -ENOMEM;

	for (i = 0; i < vf->num_tx_queues; i++) {
		shim = qdisc_create_dflt(netdev_get_tx_queue(vf, i),
					 &bypass_shim_ops, TC_H_ROOT, NULL);
		if (!shim)
			goto err_create;
		priv = qdisc_priv(shim);
		priv->bypass = bypass;
		shims[i] = shim;
	}

	if (vf->flags & IFF_UP)
		dev_deactivate(vf);
	bypass_shim_strip(vf);

	for (i = 0; i < vf->num_tx_queues; i++)
		dev_graft_qdisc(netdev_get_tx_queue(vf, i), shims[i]);
	/* What "the qdisc" of a device without an mq root is to the core */
	rcu_assign_pointer(vf->qdisc, shims[0]);
	qdisc_refcount_inc(shims[0]);
	if (vf->flags & IFF_UP)
		dev_activate(vf);
	err = 0;
	goto out;

err_create:
	while (i--)
		qdisc_put(shims[i]);
out:
	kfree(shims);
	return err;
}

/* Take the shims out of the tx queues of @vf. Who looks for a place for a
 * filter holds what vf->qdisc is without RTNL, only to see that it has none
 * (tcf_qdisc_find()), and must not be the last one: the module may be gone
 * then.
 */
static void bypass_shim_drop(struct net_device *vf)
{
	struct Qdisc *root = rtnl_dereference(vf->qdisc);

	qdisc_refcount_inc(root);
	bypass_shim_strip(vf);
	synchronize_net();
	while (virtnet_bypass_is_shim(root) && refcount_read(&root->refcnt) > 1)
		schedule_timeout_uninterruptible(1);
	qdisc_put(root);
}

/**
 * virtnet_bypass_shim_detach() - give a VF its own qdiscs back
 * @vf: the VF, up, down or being unregistered
 *
 * A user may have put another qdisc on some or all of its queues in the
 * meantime: without any shim left nothing is touched, and a mixture returns
 * to the default, which is what the core does as well when it cannot keep one.
 * A VF that is being unregistered has lost them already.
 *
 * Context: RTNL held; may sleep. No packet is on its way to the VF.
 */
void virtnet_bypass_shim_detach(struct net_device *vf)
{
	struct netdev_queue *txq;
	struct Qdisc *qdisc;
	bool found = false;
	unsigned int i;

	ASSERT_RTNL();

	for (i = 0; i < vf->num_tx_queues; i++) {
		txq = netdev_get_tx_queue(vf, i);
		qdisc = rtnl_dereference(txq->qdisc_sleeping);
		found |= virtnet_bypass_is_shim(qdisc);
	}
	if (!found)
		return;

	if (vf->flags & IFF_UP)
		dev_deactivate(vf);
	bypass_shim_drop(vf);
	if (vf->flags & IFF_UP)
		dev_activate(vf);
}
