/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_ANNOUNCE_H
#define _VIRTIO_NET_BYPASS_ANNOUNCE_H

#include <linux/types.h>

struct sk_buff;
struct virtnet_bypass_info;

void virtnet_bypass_announce_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_announce(struct virtnet_bypass_info *bypass);
void virtnet_bypass_announce_resume(struct virtnet_bypass_info *bypass);
void virtnet_bypass_announce_asked(struct virtnet_bypass_info *bypass);
void virtnet_bypass_announce_cancel(struct virtnet_bypass_info *bypass);
bool virtnet_bypass_is_announcement(const struct virtnet_bypass_info *bypass,
				    const struct sk_buff *skb, int offset);

#endif /* _VIRTIO_NET_BYPASS_ANNOUNCE_H */
