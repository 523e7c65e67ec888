/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_WATCH_H
#define _VIRTIO_NET_BYPASS_WATCH_H

#include <linux/jiffies.h>
#include <linux/types.h>

struct net_device;
struct virtnet_bypass_info;

/* Between two looks at a VF that has no room: a driver may start its queue and
 * schedule nobody, and the master waits until then. At 10 Gbit/s a full ring of
 * 4096 frames is empty after 5 ms.
 */
#define VIRTNET_BYPASS_WATCH_INTERVAL	(HZ / 50)

void virtnet_bypass_recheck_in(struct virtnet_bypass_info *bypass,
			       unsigned long delay);
void virtnet_bypass_recheck(struct virtnet_bypass_info *bypass);
void virtnet_bypass_again(struct virtnet_bypass_info *bypass, unsigned int what,
			  unsigned long delay);
void virtnet_bypass_watch(struct virtnet_bypass_info *bypass);
void virtnet_bypass_watch_detached(struct virtnet_bypass_info *bypass,
				   const struct net_device *vf);
bool virtnet_bypass_vf_is_back(const struct virtnet_bypass_info *bypass,
			       const struct net_device *vf);

#endif /* _VIRTIO_NET_BYPASS_WATCH_H */
