/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_OFFLOAD_H
#define _VIRTIO_NET_BYPASS_OFFLOAD_H

#include <linux/netdev_features.h>
#include <linux/netdevice.h>

struct virtnet_bypass_info;

/**
 * struct virtnet_bypass_offload - transmit features for the VF's sake
 * @added: transmit features that the master has for the VF's sake. Written
 *	under RTNL, read without.
 * @enc: the same of its hw_enc_features
 * @vlan: the same of its vlan_features; RTNL
 * @unwanted: those of @added that a user has switched off; RTNL
 * @tso_max_size: tso_max_size of the virtio device alone
 * @tso_max_segs: the same for tso_max_segs
 */
struct virtnet_bypass_offload {
	netdev_features_t		added;
	netdev_features_t		enc;
	netdev_features_t		vlan;
	netdev_features_t		unwanted;
	unsigned int			tso_max_size;
	u16				tso_max_segs;
};

void virtnet_bypass_offload_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_offload_follow(struct virtnet_bypass_info *bypass,
				   const struct net_device *vf);
void virtnet_bypass_offload_leave(struct virtnet_bypass_info *bypass);
netdev_features_t
virtnet_bypass_standby_features(const struct virtnet_bypass_info *bypass,
				const struct sk_buff *skb);

#endif /* _VIRTIO_NET_BYPASS_OFFLOAD_H */
