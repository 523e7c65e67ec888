// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: what is set on the master and holds on
 * the VF. On join the state is replayed, afterwards each change is passed on.
 */
#include <linux/bpf.h>
#include <linux/cpumask.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"

/* MTU: the master's counts. A VF that cannot take it stays enslaved, so that
 * user space sees one interface, but carries no traffic until it can.
 */
static void virtnet_bypass_mtu_join(struct virtnet_bypass_info *bypass,
				    struct net_device *vf)
{
	struct net_device *dev = bypass->dev;
	int err;

	err = dev_set_mtu(vf, dev->mtu);
	if (!err)
		return;

	netdev_warn(dev, "bypass: VF %s cannot take MTU %u (error %d), traffic stays on standby\n",
		    netdev_name(vf), dev->mtu, err);
	virtnet_bypass_block(bypass, VIRTNET_BYPASS_BLOCK_MTU, 0,
			     VIRTNET_BYPASS_SETTING);
}

static int virtnet_bypass_change_mtu(struct net_device *dev, int new_mtu)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	unsigned int old_mtu = vf ? vf->mtu : 0;
	int err = 0;

	if (vf) {
		err = dev_set_mtu(vf, new_mtu);
		if (err) {
			netdev_err(dev, "bypass: MTU %d refused by VF %s: error %d\n",
				   new_mtu, netdev_name(vf), err);
			return err;
		}
	}

	if (bypass->orig_ndo->ndo_change_mtu)
		err = bypass->orig_ndo->ndo_change_mtu(dev, new_mtu);
	else
		WRITE_ONCE(dev->mtu, new_mtu);

	if (err && vf)
		dev_set_mtu(vf, old_mtu);
	else if (vf)
		virtnet_bypass_block(bypass, 0, VIRTNET_BYPASS_BLOCK_MTU,
				     VIRTNET_BYPASS_SETTING);
	return err;
}

static void virtnet_bypass_rx_flags(struct virtnet_bypass_info *bypass,
				    struct net_device *vf, unsigned int flags,
				    int inc)
{
	int err = 0;

	if (flags & IFF_PROMISC)
		err = dev_set_promiscuity(vf, inc);
	if (!err && flags & IFF_ALLMULTI)
		err = dev_set_allmulti(vf, inc);
	if (err)
		netdev_err(bypass->dev, "bypass: VF %s did not follow promisc or allmulti: error %d\n",
			   netdev_name(vf), err);
}

/* The flags in @change have just changed to what dev->flags says */
static void virtnet_bypass_change_rx_flags(struct net_device *dev, int change)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);

	if (!vf)
		return;
	virtnet_bypass_rx_flags(bypass, vf, change & dev->flags, 1);
	virtnet_bypass_rx_flags(bypass, vf, change & ~dev->flags, -1);
}

static void virtnet_bypass_set_rx_mode(struct net_device *dev)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf;

	bypass->orig_ndo->ndo_set_rx_mode(dev);

	rcu_read_lock();
	vf = rcu_dereference(bypass->vf);
	if (vf) {
		dev_uc_sync(vf, dev);
		dev_mc_sync(vf, dev);
	}
	rcu_read_unlock();
}

static int virtnet_bypass_vlan_add(struct net_device *dev, __be16 proto,
				   u16 vid)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	int err;

	if (vf) {
		err = vlan_vid_add(vf, proto, vid);
		if (err) {
			netdev_err(dev, "bypass: VLAN %u refused by VF %s: error %d\n",
				   vid, netdev_name(vf), err);
			return err;
		}
	}

	err = bypass->orig_ndo->ndo_vlan_rx_add_vid(dev, proto, vid);
	if (err && vf)
		vlan_vid_del(vf, proto, vid);
	return err;
}

static int virtnet_bypass_vlan_kill(struct net_device *dev, __be16 proto,
				    u16 vid)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);

	if (vf)
		vlan_vid_del(vf, proto, vid);
	return bypass->orig_ndo->ndo_vlan_rx_kill_vid(dev, proto, vid);
}

/* An XDP program sees the packets of standby only. Rather than let some pass
 * it by, the VF is not used while there is one.
 */
static int virtnet_bypass_bpf(struct net_device *dev, struct netdev_bpf *xdp)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	bool remains;
	int err;

	if (xdp->command != XDP_SETUP_PROG)
		return bypass->orig_ndo->ndo_bpf(dev, xdp);

	if (xdp->prog)
		virtnet_bypass_block(bypass, VIRTNET_BYPASS_BLOCK_XDP, 0,
				     VIRTNET_BYPASS_SETTING);

	err = bypass->orig_ndo->ndo_bpf(dev, xdp);

	/* Where that failed, what was there before still is */
	remains = err ? dev_xdp_prog_count(dev) : !!xdp->prog;
	if (!remains)
		virtnet_bypass_block(bypass, 0, VIRTNET_BYPASS_BLOCK_XDP,
				     VIRTNET_BYPASS_SETTING);
	return err;
}

/**
 * virtnet_bypass_follow_join() - replay the master's settings on a VF
 * @bypass: the bypass
 * @vf: a VF that is linked to the master
 *
 * Context: RTNL held; may sleep.
 * Return: 0, or the VF's error with nothing of it left set.
 */
int virtnet_bypass_follow_join(struct virtnet_bypass_info *bypass,
			       struct net_device *vf)
{
	struct net_device *dev = bypass->dev;
	int err;

	ASSERT_RTNL();

	err = vlan_vids_add_by_dev(vf, dev);
	if (err)
		return err;

	/* Someone above who forwards has made the master give it up */
	if (!(dev->features & NETIF_F_LRO))
		dev_disable_lro(vf);
	virtnet_bypass_mtu_join(bypass, vf);
	virtnet_bypass_rx_flags(bypass, vf, dev->flags, 1);

	netif_addr_lock_bh(dev);
	dev_uc_sync(vf, dev);
	dev_mc_sync(vf, dev);
	netif_addr_unlock_bh(dev);
	return 0;
}

/**
 * virtnet_bypass_follow_leave() - take the master's settings off a VF
 * @bypass: the bypass
 * @vf: a VF that is still linked to the master
 *
 * The MTU stays, as it does when a bond releases a port that is going away.
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_follow_leave(struct virtnet_bypass_info *bypass,
				 struct net_device *vf)
{
	struct net_device *dev = bypass->dev;

	ASSERT_RTNL();

	dev_mc_unsync(vf, dev);
	dev_uc_unsync(vf, dev);
	virtnet_bypass_rx_flags(bypass, vf, dev->flags, -1);
	vlan_vids_del_by_dev(vf, dev);
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

/**
 * virtnet_bypass_follow_ops() - put our setters into the alternate ops
 * @bypass: a bypass whose ops are a copy of virtio_net's
 *
 * Context: Process context, before the netdev is registered.
 */
void virtnet_bypass_follow_ops(struct virtnet_bypass_info *bypass)
{
	struct net_device_ops *ndo = &bypass->ndo;

	ndo->ndo_change_mtu = virtnet_bypass_change_mtu;
	ndo->ndo_change_rx_flags = virtnet_bypass_change_rx_flags;
	ndo->ndo_set_rx_mode = virtnet_bypass_set_rx_mode;
	ndo->ndo_vlan_rx_add_vid = virtnet_bypass_vlan_add;
	ndo->ndo_vlan_rx_kill_vid = virtnet_bypass_vlan_kill;
	ndo->ndo_bpf = virtnet_bypass_bpf;
}
