/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_XDP_H
#define _VIRTIO_NET_BYPASS_XDP_H

#include <linux/types.h>

struct bpf_prog;
struct net_device;
struct sk_buff;
struct virtnet_bypass_info;

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
void virtnet_bypass_xdp_ops(struct virtnet_bypass_info *bypass);
struct sk_buff *virtnet_bypass_xdp_rx(struct bpf_prog *prog,
				      struct sk_buff *skb);

#endif /* _VIRTIO_NET_BYPASS_XDP_H */
