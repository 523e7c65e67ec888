/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_PRIMARY_H
#define _VIRTIO_NET_BYPASS_PRIMARY_H

#include <linux/types.h>

struct net_device;
struct virtnet_bypass_info;

int virtnet_bypass_primary_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_primary_exit(struct virtnet_bypass_info *bypass);
bool virtnet_bypass_is_master(const struct net_device *dev);
bool virtnet_bypass_vf_present(const struct net_device *vf);
void virtnet_bypass_vf_open(struct virtnet_bypass_info *bypass);
void virtnet_bypass_vf_close(struct virtnet_bypass_info *bypass);

#endif /* _VIRTIO_NET_BYPASS_PRIMARY_H */
