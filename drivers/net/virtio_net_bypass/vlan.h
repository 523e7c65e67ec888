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
void virtnet_bypass_vlan_ops(struct virtnet_bypass_info *bypass);

#endif /* _VIRTIO_NET_BYPASS_VLAN_H */
