// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: what stands behind the master.
 *
 * A bridge on the master sends with addresses of others: containers, nested
 * guests. Those that have left lately are remembered, for two uses: a switch
 * that floods gives their frames back by the other path, and switches have to
 * be told of them when the path changes.
 *
 * Such frames leave only while the master is promiscuous, or else the answers
 * would not come in. They are looked at then where the core asks what the
 * master can do with a packet; at all other times that is virtio_net's own
 * function, and nobody pays.
 */
#include <linux/etherdevice.h>
#include <linux/hash.h>
#include <linux/if_vlan.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "bypass.h"
#include "rarp.h"
#include "stations.h"

/* A thousand addresses. Those of one bucket share two cache lines, and the one
 * that has been silent for the longest time makes room.
 */
#define VIRTNET_BYPASS_STATION_BITS	7
#define VIRTNET_BYPASS_STATION_WAYS	8
#define VIRTNET_BYPASS_STATION_BUCKETS	BIT(VIRTNET_BYPASS_STATION_BITS)
#define VIRTNET_BYPASS_STATIONS		(VIRTNET_BYPASS_STATION_BUCKETS * \
					 VIRTNET_BYPASS_STATION_WAYS)

/* As long as switches remember an address that is silent: 802.1D, and
 * BR_DEFAULT_AGEING_TIME of the kernel's bridge
 */
#define VIRTNET_BYPASS_STATION_LIFE	(300 * HZ)

/* Longer than a frame is on its way to a switch and back */
#define VIRTNET_BYPASS_STATION_ECHO	HZ

/* A key is the address, in the upper bits, and its VLAN */
#define VIRTNET_BYPASS_STATION_STAG	BIT(12)
#define VIRTNET_BYPASS_STATION_TAGGED	BIT(13)
#define VIRTNET_BYPASS_STATION_SHIFT	16

/**
 * struct virtnet_bypass_station_bucket - addresses with one hash value
 * @key: address and VLAN, 0: none
 * @left: when a frame of it last left, in jiffies
 *
 * Read and written without a lock. Whoever finds a key with the time of the one
 * before it takes a station for silent that has just begun to speak.
 */
struct virtnet_bypass_station_bucket {
	u64		key[VIRTNET_BYPASS_STATION_WAYS];
	unsigned long	left[VIRTNET_BYPASS_STATION_WAYS];
};

/**
 * struct virtnet_bypass_stations - the addresses behind a master
 * @lock: held by those who add one
 * @bucket: by the hash of the address
 */
struct virtnet_bypass_stations {
	/* serializes those who add a station */
	spinlock_t				lock;
	struct virtnet_bypass_station_bucket
		bucket[VIRTNET_BYPASS_STATION_BUCKETS];
};

static struct virtnet_bypass_station_bucket *
virtnet_bypass_station_bucket(const struct virtnet_bypass_info *bypass, u64 mac)
{
	return &bypass->stations->bucket[hash_64(mac,
						 VIRTNET_BYPASS_STATION_BITS)];
}

static u64 bypass_station_key(const struct sk_buff *skb, u64 mac)
{
	u64 key = mac << VIRTNET_BYPASS_STATION_SHIFT;

	if (!skb_vlan_tag_present(skb))
		return key;

	key |= VIRTNET_BYPASS_STATION_TAGGED | skb_vlan_tag_get_id(skb);
	if (skb->vlan_proto == htons(ETH_P_8021AD))
		key |= VIRTNET_BYPASS_STATION_STAG;
	return key;
}

static bool bypass_station_lives(unsigned long left, unsigned long life)
{
	return time_before(jiffies, left + life);
}

static void bypass_station_add(struct virtnet_bypass_info *bypass,
			       u64 mac, u64 key)
{
	struct virtnet_bypass_station_bucket *bucket;
	unsigned int i, oldest = 0;

	bucket = virtnet_bypass_station_bucket(bypass, mac);
	spin_lock_bh(&bypass->stations->lock);
	for (i = 0; i < VIRTNET_BYPASS_STATION_WAYS; i++) {
		if (bucket->key[i] == key || !bucket->key[i]) {
			oldest = i;
			break;
		}
		if (time_before(bucket->left[i], bucket->left[oldest]))
			oldest = i;
	}
	WRITE_ONCE(bucket->left[oldest], jiffies);
	WRITE_ONCE(bucket->key[oldest], key);
	spin_unlock_bh(&bypass->stations->lock);
}

static void bypass_station_leaves(struct virtnet_bypass_info *bypass,
				  const struct sk_buff *skb, u64 mac)
{
	u64 key = bypass_station_key(skb, mac);
	struct virtnet_bypass_station_bucket *bucket;
	unsigned long now = jiffies;
	unsigned int i;

	bucket = virtnet_bypass_station_bucket(bypass, mac);
	for (i = 0; i < VIRTNET_BYPASS_STATION_WAYS; i++) {
		if (READ_ONCE(bucket->key[i]) != key)
			continue;
		/* No write for each packet */
		if (time_before(READ_ONCE(bucket->left[i]), now))
			WRITE_ONCE(bucket->left[i], now);
		return;
	}
	bypass_station_add(bypass, mac, key);
}

/* Takes the place of virtio_net's op while the master is promiscuous. What we
 * announce for a station is not a frame of it.
 */
static netdev_features_t
bypass_features_check(struct sk_buff *skb, struct net_device *dev,
		      netdev_features_t features)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;

	if ((!ether_addr_equal(eth->h_source, dev->dev_addr) ||
	     skb_vlan_tag_present(skb)) &&
	    is_valid_ether_addr(eth->h_source) &&
	    !virtnet_bypass_is_announcement(bypass, skb, 0))
		bypass_station_leaves(bypass, skb,
				      ether_addr_to_u64(eth->h_source));
	return bypass->orig_ndo->ndo_features_check(skb, dev, features);
}

/**
 * virtnet_bypass_stations_watch() - the master has become promiscuous, or has
 * ceased to be
 * @bypass: the bypass
 *
 * The core reads the op twice for each packet: it is never NULL, or always.
 *
 * Context: RTNL held.
 */
void virtnet_bypass_stations_watch(struct virtnet_bypass_info *bypass)
{
	const struct net_device_ops *orig_ndo = bypass->orig_ndo;

	ASSERT_RTNL();

	if (!orig_ndo->ndo_features_check)
		return;
	WRITE_ONCE(bypass->ndo.ndo_features_check,
		   bypass->dev->flags & IFF_PROMISC ?
		   bypass_features_check :
		   orig_ndo->ndo_features_check);
}

/**
 * virtnet_bypass_station_sends() - has a frame of this address just left?
 * @bypass: the bypass
 * @addr: source of a frame that came in
 *
 * Context: Any.
 * Return: true if one has, in whatever VLAN, within a second.
 */
bool virtnet_bypass_station_sends(const struct virtnet_bypass_info *bypass,
				  const u8 *addr)
{
	const struct virtnet_bypass_station_bucket *bucket;
	u64 mac = ether_addr_to_u64(addr);
	unsigned int i;

	bucket = virtnet_bypass_station_bucket(bypass, mac);
	for (i = 0; i < VIRTNET_BYPASS_STATION_WAYS; i++) {
		if (READ_ONCE(bucket->key[i]) >> VIRTNET_BYPASS_STATION_SHIFT ==
		    mac &&
		    bypass_station_lives(READ_ONCE(bucket->left[i]),
					 VIRTNET_BYPASS_STATION_ECHO))
			return true;
	}
	return false;
}

/**
 * virtnet_bypass_stations_next() - the next address that switches may know
 * @bypass: the bypass
 * @pos: where to begin; 0 for the first one. Where to go on afterwards
 * @station: filled in with it
 *
 * Context: Any.
 * Return: false if there is no other one; @pos is 0 then.
 */
bool virtnet_bypass_stations_next(const struct virtnet_bypass_info *bypass,
				  unsigned int *pos,
				  struct virtnet_bypass_station *station)
{
	const struct virtnet_bypass_station_bucket *bucket;
	unsigned long left;
	unsigned int way;
	u64 key;

	while (*pos < VIRTNET_BYPASS_STATIONS) {
		bucket = &bypass->stations->bucket[*pos /
						   VIRTNET_BYPASS_STATION_WAYS];
		way = (*pos)++ % VIRTNET_BYPASS_STATION_WAYS;
		key = READ_ONCE(bucket->key[way]);
		left = READ_ONCE(bucket->left[way]);
		if (!key ||
		    !bypass_station_lives(left, VIRTNET_BYPASS_STATION_LIFE))
			continue;

		u64_to_ether_addr(key >> VIRTNET_BYPASS_STATION_SHIFT,
				  station->addr);
		station->vid = key & VLAN_VID_MASK;
		station->proto = 0;
		if (key & VIRTNET_BYPASS_STATION_TAGGED)
			station->proto = key & VIRTNET_BYPASS_STATION_STAG ?
					 htons(ETH_P_8021AD) :
					 htons(ETH_P_8021Q);
		return true;
	}
	*pos = 0;
	return false;
}

/**
 * virtnet_bypass_stations_init() - prepare to remember addresses
 * @bypass: a bypass that is not in use yet
 *
 * Context: Process context; may sleep.
 * Return: 0 or -ENOMEM.
 */
int virtnet_bypass_stations_init(struct virtnet_bypass_info *bypass)
{
	bypass->stations = kvzalloc(sizeof(*bypass->stations), GFP_KERNEL);
	if (!bypass->stations)
		return -ENOMEM;
	spin_lock_init(&bypass->stations->lock);
	return 0;
}

/**
 * virtnet_bypass_stations_exit() - forget all addresses
 * @bypass: a bypass that is not in use any more
 *
 * Context: Process context; may sleep.
 */
void virtnet_bypass_stations_exit(struct virtnet_bypass_info *bypass)
{
	kvfree(bypass->stations);
}
