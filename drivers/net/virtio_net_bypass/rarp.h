/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_RARP_H
#define _VIRTIO_NET_BYPASS_RARP_H

#include <linux/types.h>

struct sk_buff;
struct virtnet_bypass_info;

bool virtnet_bypass_is_announcement(const struct virtnet_bypass_info *bypass,
				    const struct sk_buff *skb, int offset);

#endif /* _VIRTIO_NET_BYPASS_RARP_H */
