/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_SHIM_H
#define _VIRTIO_NET_BYPASS_SHIM_H

#include <net/sch_generic.h>

struct virtnet_bypass_info;

struct sk_buff *virtnet_bypass_shim_dequeue(struct Qdisc *sch);
int virtnet_bypass_shim_attach(struct virtnet_bypass_info *bypass,
			       struct net_device *vf);
void virtnet_bypass_shim_detach(struct net_device *vf);
void virtnet_bypass_shim_kick(struct net_device *vf);

/**
 * virtnet_bypass_is_shim() - is this qdisc ours?
 * @qdisc: qdisc of a tx queue of the VF
 *
 * Context: RCU read-side or RTNL.
 * Return: true if it is the shim.
 */
static inline bool virtnet_bypass_is_shim(const struct Qdisc *qdisc)
{
	return qdisc->dequeue == virtnet_bypass_shim_dequeue;
}

#endif /* _VIRTIO_NET_BYPASS_SHIM_H */
