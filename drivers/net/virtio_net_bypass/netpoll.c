// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: netpoll, which netconsole sends by.
 *
 * It sends with interrupts off, and polls a netdev that has no room until it
 * has. The master has none while the VF in use has none, so the VF is polled as
 * well. One whose driver makes no room when it is polled is passed by (tx.c).
 */
#include <linux/netdevice.h>
#include <linux/netpoll.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "flow.h"
#include "netpoll.h"

#ifdef CONFIG_NET_POLL_CONTROLLER
/* A driver that has a call of its own for this, of the days before NAPI was
 * polled, may wait there for an interrupt that cannot come (disable_irq(), with
 * interrupts off, of a pin of the IO-APIC): the guest hangs. Such a VF is not
 * polled, and passed by.
 */
static void bypass_netpoll_enable(struct virtnet_bypass_info *bypass,
				  struct net_device *vf)
{
	struct netpoll *np;
	int err = -ENOMEM;

	if (vf->netdev_ops->ndo_poll_controller)
		return;

	np = kzalloc(sizeof(*np), GFP_KERNEL);
	if (!np)
		goto err;

	err = __netpoll_setup(np, vf);
	if (err) {
		kfree(np);
		goto err;
	}
	bypass->netpoll = np;
	return;

err:
	netdev_warn(bypass->dev, "bypass: VF %s cannot be polled (error %d)\n",
		    netdev_name(vf), err);
}

static void bypass_netpoll_disable(struct virtnet_bypass_info *bypass)
{
	struct netpoll *np = bypass->netpoll;

	if (!np)
		return;
	bypass->netpoll = NULL;
	__netpoll_free(np);
}

/**
 * virtnet_bypass_netpoll_setup() - ndo_netpoll_setup of the master
 * @dev: the master
 * @info: of the first one who polls it
 *
 * Context: RTNL held; may sleep.
 * Return: 0: one who cannot poll the VF sends by standby.
 */
int virtnet_bypass_netpoll_setup(struct net_device *dev,
				 struct netpoll_info *info)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);

	if (vf)
		bypass_netpoll_enable(bypass, vf);
	return 0;
}

/**
 * virtnet_bypass_netpoll_cleanup() - ndo_netpoll_cleanup of the master
 * @dev: the master, which nobody polls any more
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_netpoll_cleanup(struct net_device *dev)
{
	bypass_netpoll_disable(virtnet_bypass_of(dev));
}

/**
 * virtnet_bypass_poll_controller() - ndo_poll_controller of the master
 * @dev: the master
 *
 * Whoever waits for the VF is woken by its shim, in a softirq, which may never
 * run again: each queue looks for itself whether there is room.
 *
 * Context: Interrupts off, BH disabled.
 */
void virtnet_bypass_poll_controller(struct net_device *dev)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf;
	unsigned int i;

	vf = rcu_dereference_bh(bypass->active);
	if (!vf)
		return;

	netpoll_poll_dev(vf);
	for (i = 0; i < dev->real_num_tx_queues; i++)
		virtnet_bypass_flow_wake(netdev_get_tx_queue(dev, i));
}
#endif

/**
 * virtnet_bypass_netpoll_join() - let a VF be polled if its master is
 * @bypass: the bypass
 * @vf: a VF that is linked to the master
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_netpoll_join(struct virtnet_bypass_info *bypass,
				 struct net_device *vf)
{
#ifdef CONFIG_NET_POLL_CONTROLLER
	ASSERT_RTNL();

	if (rtnl_dereference(bypass->dev->npinfo))
		bypass_netpoll_enable(bypass, vf);
#endif
}

/**
 * virtnet_bypass_netpoll_leave() - poll a VF no more
 * @bypass: the bypass
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_netpoll_leave(struct virtnet_bypass_info *bypass)
{
#ifdef CONFIG_NET_POLL_CONTROLLER
	ASSERT_RTNL();

	bypass_netpoll_disable(bypass);
#endif
}
