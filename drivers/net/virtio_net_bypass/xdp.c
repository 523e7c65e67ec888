// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: XDP.
 *
 * A native program on the master runs on both paths. In the VF's driver where
 * that can run it; in the VF's rx_handler, on packets that have become skbs,
 * where it cannot, so that no packet passes a program by. The latter also where
 * AF_XDP sockets of the master want the packets.
 *
 * Generic (skb mode) programs need nothing: the stack runs them on the master
 * once the rx_handler has passed the packet on.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/virtnet_bypass.h>
#include <net/xdp.h>
#include <net/xdp_sock_drv.h>

#include "bypass.h"
#include "compat.h"
#include "features.h"
#include "switch.h"
#include "xdp.h"

static int bypass_xdp_native(struct net_device *vf, struct bpf_prog *prog,
			     struct netlink_ext_ack *extack)
{
	struct netdev_bpf xdp = {
		.command = XDP_SETUP_PROG,
		.extack = extack,
		.prog = prog,
	};
	int err;

	/* A driver keeps one program, and the user's own on the VF stays */
	if (prog && dev_xdp_prog_count(vf))
		return -EBUSY;

	/* The driver takes over the reference, unless it fails */
	if (prog)
		bpf_prog_inc(prog);
	err = dev_xdp_propagate(vf, &xdp);
	if (err && prog)
		bpf_prog_put(prog);
	return err;
}

/* Sockets with a pool of buffers have been bound to a queue of @dev */
static bool bypass_xsk_bound(struct net_device *dev)
{
	unsigned int n = max(dev->num_rx_queues, dev->num_tx_queues);
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (xsk_get_pool_from_qid(dev, i))
			return true;
	}
	return false;
}

static bool bypass_xsk_map(struct bpf_prog_aux *aux)
{
	bool found = false;
	u32 i;

	mutex_lock(&aux->used_maps_mutex);
	for (i = 0; i < aux->used_map_cnt && !found; i++)
		found = aux->used_maps[i]->map_type == BPF_MAP_TYPE_XSKMAP;
	mutex_unlock(&aux->used_maps_mutex);
	return found;
}

/* A socket takes only packets whose rx queue is that of the netdev it is bound
 * to. A driver's is the VF's, and such a redirect loses the packet; in the
 * rx_handler it is the master's.
 *
 * Nobody tells of a socket that is bound, so the program's maps count as well;
 * and they may be those of another program that this one calls.
 */
static bool bypass_xdp_for_sockets(struct net_device *dev,
				   struct bpf_prog *prog)
{
	return bypass_xsk_map(prog->aux) ||
	       bypass_xsk_bound(dev);
}

/* Let @vf run the master's program, whatever ran there before */
static void bypass_xdp_set(struct virtnet_bypass_info *bypass,
			   struct net_device *vf,
			   struct netlink_ext_ack *extack)
{
	const char *where = "in the stack, its driver cannot";
	struct bpf_prog *prog = bypass->xdp.prog;
	bool native = false;

	/* Until then it runs in the stack; the driver keeps what it has */
	bypass->xdp.due = !virtnet_bypass_can_tell(bypass, vf);
	if (bypass->xdp.due) {
		rcu_assign_pointer(bypass->xdp_generic, prog);
		return;
	}

	if (prog && bypass_xdp_for_sockets(bypass->dev, prog)) {
		where = "in the stack, for AF_XDP sockets";
	} else if (prog && !bypass_xdp_native(vf, prog, extack)) {
		where = "in its driver";
		native = true;
	}

	/* First the one that runs from now on, then the other goes */
	rcu_assign_pointer(bypass->xdp_generic, native ? NULL : prog);
	if (bypass->xdp.native && !native)
		bypass_xdp_native(vf, NULL, NULL);
	bypass->xdp.native = native;
	virtnet_bypass_features_xdp(bypass, vf);

	if (prog)
		netdev_info(bypass->dev, "bypass: XDP program runs on VF %s %s\n",
			    netdev_name(vf), where);
}

/**
 * virtnet_bypass_bpf() - ndo_bpf of the master
 * @dev: the master
 * @xdp: the program
 *
 * The standby path decides whether the master takes the program: the VF can
 * run whatever virtio_net can.
 *
 * Context: RTNL held; may sleep.
 * Return: 0, -EOPNOTSUPP for what only one of the paths could do, or
 * virtio_net's error.
 */
int virtnet_bypass_bpf(struct net_device *dev, struct netdev_bpf *xdp)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	struct bpf_prog *old = bypass->xdp.prog;
	int err;

	/* virtio_net's own queues would serve zero-copy sockets past the path
	 * in use. Sockets that may copy do so.
	 */
	if (xdp->command != XDP_SETUP_PROG)
		return -EOPNOTSUPP;

	/* Its metadata calls are those of virtio_net's buffers */
	if (xdp->prog && bpf_prog_is_dev_bound(xdp->prog->aux)) {
		NL_SET_ERR_MSG_MOD(xdp->extack,
				   "A program bound to this netdev cannot run on its VF");
		return -EOPNOTSUPP;
	}

	err = bypass->orig_ndo->ndo_bpf(dev, xdp);
	if (err)
		return err;

	if (xdp->prog)
		bpf_prog_inc(xdp->prog);
	WRITE_ONCE(bypass->xdp.prog, xdp->prog);
	if (vf)
		bypass_xdp_set(bypass, vf, xdp->extack);
	/* Receivers that still run it are waited for by RCU */
	if (old)
		bpf_prog_put(old);
	return 0;
}

/* Frames with fragments are for drivers that say so. The master does, for
 * virtio_net; the core has asked it.
 */
static bool bypass_takes_frames(struct net_device *vf, int n,
				struct xdp_frame **frames)
{
	int i;

	if (!vf->netdev_ops->ndo_xdp_xmit)
		return false;
	if (virtnet_bypass_xmits_fragments(vf))
		return true;
	for (i = 0; i < n; i++) {
		if (xdp_frame_has_frags(frames[i]))
			return false;
	}
	return true;
}

/* A redirect to the master, to be sent by a VF whose driver takes no frames, or
 * not these. They pass by the master's filters and taps, as any packet.
 */
static int bypass_xdp_xmit_skbs(struct net_device *dev, int n,
				struct xdp_frame **frames)
{
	struct sk_buff *skb;
	int i;

	for (i = 0; i < n; i++) {
		skb = xdp_build_skb_from_frame(frames[i], dev);
		if (unlikely(!skb))
			break;
		skb_reset_network_header(skb);
		skb_push(skb, ETH_HLEN);
		dev_queue_xmit(skb);
	}
	return i;
}

/**
 * virtnet_bypass_xdp_xmit() - ndo_xdp_xmit of the master
 * @dev: the master
 * @n: number of @frames
 * @frames: what a program has redirected to @dev
 * @flags: XDP_XMIT_*
 *
 * Context: Softirq.
 * Return: how many of them were taken, the first ones, or an error.
 */
int virtnet_bypass_xdp_xmit(struct net_device *dev, int n,
			    struct xdp_frame **frames, u32 flags)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf;
	int ret;

	/* As virtio_net: redirects need a program on the target */
	rcu_read_lock();
	vf = rcu_dereference(bypass->active);
	if (unlikely(READ_ONCE(bypass->frozen)))
		ret = -ENETDOWN;
	else if (!vf || !netif_carrier_ok(vf) || !READ_ONCE(bypass->xdp.prog))
		ret = bypass->orig_ndo->ndo_xdp_xmit(dev, n, frames, flags);
	else if (READ_ONCE(bypass->xdp.native) &&
		 bypass_takes_frames(vf, n, frames))
		ret = vf->netdev_ops->ndo_xdp_xmit(vf, n, frames, flags);
	else
		ret = bypass_xdp_xmit_skbs(dev, n, frames);
	rcu_read_unlock();
	return ret;
}

/* The program sees the tag in the packet, as virtio_net shows it. The stack
 * takes it out again when it starts over with the master.
 */
static struct sk_buff *bypass_xdp_show_tag(struct sk_buff *skb)
{
	if (!skb_vlan_tag_present(skb))
		return skb;

	skb_push(skb, ETH_HLEN);
	skb = __vlan_hwaccel_push_inside(skb);
	if (unlikely(!skb))
		return NULL;
	skb_pull(skb, ETH_HLEN);
	skb_reset_network_header(skb);
	skb_reset_mac_len(skb);
	return skb;
}

/**
 * virtnet_bypass_xdp_rx() - run the master's program on a packet of the VF
 * @prog: the program
 * @skb: packet that belongs to the master by now and that nobody shares
 *
 * Context: Softirq, RCU read-side.
 * Return: the packet, or NULL when the program or an error has taken it.
 */
struct sk_buff *virtnet_bypass_xdp_rx(struct bpf_prog *prog,
				      struct sk_buff *skb)
{
	skb = bypass_xdp_show_tag(skb);
	if (!skb)
		return NULL;
	/* The sum of a packet that now has a tag in it, and that the program
	 * may change. virtio_net has none either when there is one.
	 */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	if (virtnet_bypass_do_xdp_generic(prog, &skb) != XDP_PASS)
		return NULL;
	return skb;
}

/**
 * virtnet_bypass_xdp_join() - let a VF run the master's program
 * @bypass: the bypass
 * @vf: the VF
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_xdp_join(struct virtnet_bypass_info *bypass,
			     struct net_device *vf)
{
	ASSERT_RTNL();

	bypass->xdp.native = false;
	bypass_xdp_set(bypass, vf, NULL);
}

/**
 * virtnet_bypass_xdp_again() - the program may have changed while a VF was away
 * @bypass: the bypass
 * @vf: the enslaved VF
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_xdp_again(struct virtnet_bypass_info *bypass,
			      struct net_device *vf)
{
	ASSERT_RTNL();

	if (bypass->xdp.due)
		bypass_xdp_set(bypass, vf, NULL);
}

/**
 * virtnet_bypass_xdp_leave() - take the master's program off a VF
 * @bypass: the bypass
 * @vf: the VF
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_xdp_leave(struct virtnet_bypass_info *bypass,
			      struct net_device *vf)
{
	ASSERT_RTNL();

	/* Even of one that is detached: nobody else would do it */
	if (bypass->xdp.native)
		bypass_xdp_native(vf, NULL, NULL);
	bypass->xdp.native = false;
	bypass->xdp.due = false;
	RCU_INIT_POINTER(bypass->xdp_generic, NULL);
}
