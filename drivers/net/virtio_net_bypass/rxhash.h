/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_RXHASH_H
#define _VIRTIO_NET_BYPASS_RXHASH_H

#include <linux/types.h>

struct ethtool_rxfh_param;
struct ethtool_rxnfc;
struct net_device;
struct virtnet_bypass_info;

/**
 * struct virtnet_bypass_rxhash - what is set of the receive hash
 * @fields_set: a user has set hash fields, for the flow types whose bit is set;
 *	RTNL
 * @tries: how often the VF may still refuse the receive hash; RTNL
 * @set: a user has set a key or table of the receive hash; RTNL
 * @on_vf: the VF's table of the receive hash is of our making; RTNL
 */
struct virtnet_bypass_rxhash {
	unsigned long			fields_set;
	unsigned int			tries;
	bool				set;
	bool				on_vf;
};

void virtnet_bypass_rxhash_join(struct virtnet_bypass_info *bypass,
				struct net_device *vf);
void virtnet_bypass_rxhash_tell(struct virtnet_bypass_info *bypass,
				struct net_device *vf);
void virtnet_bypass_rxhash_again(struct virtnet_bypass_info *bypass);
int virtnet_bypass_rxfh_change(struct net_device *dev,
			       struct ethtool_rxfh_param *rxfh);
int virtnet_bypass_set_rxnfc(struct net_device *dev,
			     struct ethtool_rxnfc *info);

#endif /* _VIRTIO_NET_BYPASS_RXHASH_H */
