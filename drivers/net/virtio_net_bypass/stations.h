/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_STATIONS_H
#define _VIRTIO_NET_BYPASS_STATIONS_H

#include <linux/if_ether.h>

struct virtnet_bypass_info;

/**
 * struct virtnet_bypass_station - an address behind the master
 * @addr: the address
 * @proto: kind of its VLAN tag, 0: it has none
 * @vid: its VLAN
 */
struct virtnet_bypass_station {
	u8	addr[ETH_ALEN];
	__be16	proto;
	u16	vid;
};

int virtnet_bypass_stations_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_stations_exit(struct virtnet_bypass_info *bypass);
void virtnet_bypass_stations_watch(struct virtnet_bypass_info *bypass);
bool virtnet_bypass_station_sends(const struct virtnet_bypass_info *bypass,
				  const u8 *addr);
bool virtnet_bypass_stations_next(const struct virtnet_bypass_info *bypass,
				  unsigned int *pos,
				  struct virtnet_bypass_station *station);

#endif /* _VIRTIO_NET_BYPASS_STATIONS_H */
