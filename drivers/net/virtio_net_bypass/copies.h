/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_COPIES_H
#define _VIRTIO_NET_BYPASS_COPIES_H

#include <linux/types.h>

struct sk_buff;
struct virtnet_bypass_info;

int virtnet_bypass_copies_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_copies_exit(struct virtnet_bypass_info *bypass);
bool virtnet_bypass_copies_take(struct virtnet_bypass_info *bypass,
				const struct sk_buff *skb, bool by_vf,
				bool take);

#endif /* _VIRTIO_NET_BYPASS_COPIES_H */
