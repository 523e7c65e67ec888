/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_VLAN_H
#define _VIRTIO_NET_BYPASS_VLAN_H

#include <linux/types.h>

struct net_device;
struct virtnet_bypass_info;

void virtnet_bypass_vlan_join(struct virtnet_bypass_info *bypass,
			      struct net_device *vf);
void virtnet_bypass_vlan_leave(struct virtnet_bypass_info *bypass,
			       struct net_device *vf);
void virtnet_bypass_vlan_retry(struct virtnet_bypass_info *bypass);
void virtnet_bypass_vlan_restore(struct virtnet_bypass_info *bypass);
void virtnet_bypass_vlan_again(struct virtnet_bypass_info *bypass,
			       struct net_device *vf);
void virtnet_bypass_vlan_init(struct virtnet_bypass_info *bypass);
int virtnet_bypass_vlan_add(struct net_device *dev, __be16 proto, u16 vid);
int virtnet_bypass_vlan_kill(struct net_device *dev, __be16 proto, u16 vid);

#endif /* _VIRTIO_NET_BYPASS_VLAN_H */
