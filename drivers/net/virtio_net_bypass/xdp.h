/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_XDP_H
#define _VIRTIO_NET_BYPASS_XDP_H

#include <linux/types.h>

struct bpf_prog;
struct net_device;
struct netdev_bpf;
struct sk_buff;
struct virtnet_bypass_info;
struct xdp_frame;

/**
 * struct virtnet_bypass_xdp - the master's program
 * @prog: native program of the master, with a reference. Written under
 *	RTNL, read without to see whether there is one.
 * @native: the VF's driver runs @prog; written under RTNL
 * @due: the VF's driver has yet to be told of @prog; RTNL
 */
struct virtnet_bypass_xdp {
	struct bpf_prog			*prog;
	bool				native;
	bool				due;
};

void virtnet_bypass_xdp_join(struct virtnet_bypass_info *bypass,
			     struct net_device *vf);
void virtnet_bypass_xdp_leave(struct virtnet_bypass_info *bypass,
			      struct net_device *vf);
void virtnet_bypass_xdp_again(struct virtnet_bypass_info *bypass,
			      struct net_device *vf);
int virtnet_bypass_bpf(struct net_device *dev, struct netdev_bpf *xdp);
int virtnet_bypass_xdp_xmit(struct net_device *dev, int n,
			    struct xdp_frame **frames, u32 flags);
struct sk_buff *virtnet_bypass_xdp_rx(struct bpf_prog *prog,
				      struct sk_buff *skb);

#endif /* _VIRTIO_NET_BYPASS_XDP_H */
