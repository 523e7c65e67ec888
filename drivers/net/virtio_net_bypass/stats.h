/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_STATS_H
#define _VIRTIO_NET_BYPASS_STATS_H

#include <linux/if_link.h>
#include <linux/spinlock.h>

struct ethtool_stats;
struct net_device;
struct rtnl_link_stats64;
struct virtnet_bypass_info;

/* Every member of struct rtnl_link_stats64 is a __u64 */
#define VIRTNET_BYPASS_LINK_STATS \
	(sizeof(struct rtnl_link_stats64) / sizeof(u64))

/**
 * struct virtnet_bypass_counted - what is known of one counter of the VF
 * @last: what it read when its sum was last brought up to date, U64_MAX before
 *	that
 * @peak: what it read before it went back; 0 if it did not, is back there, or
 *	was reset
 * @since: what was added to its sum since then
 */
struct virtnet_bypass_counted {
	u64	last;
	u64	peak;
	u64	since;
};

/**
 * struct virtnet_bypass_counters - events since the master was created
 * @to_vf: datapath switched to the VF
 * @to_standby: datapath switched to standby
 * @vf_join: VFs enslaved
 * @vf_leave: VFs released
 * @vf_join_err: VFs that matched and could not be enslaved
 * @undrained: times a VF was left before it had sent what it was given
 *
 * Those of joins are written under RTNL, the others under
 * virtnet_bypass_info::lock; all are read without.
 */
struct virtnet_bypass_counters {
	u64	to_vf;
	u64	to_standby;
	u64	vf_join;
	u64	vf_leave;
	u64	vf_join_err;
	u64	undrained;
};

/**
 * struct virtnet_bypass_stats - what VFs and standby have counted
 * @lock: protects all of it
 * @counted: each counter of the VF, in the order of struct rtnl_link_stats64
 * @sum: traffic of all VFs so far
 * @slept: traffic by standby before the virtio device was last suspended
 * @slept_stop: times a virtio send queue was stopped before that
 * @slept_wake: and woken
 * @frozen: the virtio device is suspended, and has no counters
 */
struct virtnet_bypass_stats {
	/* protects all of it */
	spinlock_t			lock;
	struct virtnet_bypass_counted	counted[VIRTNET_BYPASS_LINK_STATS];
	struct rtnl_link_stats64	sum;
	struct rtnl_link_stats64	slept;
	u64				slept_stop;
	u64				slept_wake;
	bool				frozen;
};

void virtnet_bypass_stats_look(struct virtnet_bypass_info *bypass);
void virtnet_bypass_stats_join(struct virtnet_bypass_info *bypass,
			       struct net_device *vf);
void virtnet_bypass_stats_leave(struct virtnet_bypass_info *bypass,
				struct net_device *vf);
void virtnet_bypass_stats_freeze(struct virtnet_bypass_info *bypass);
void virtnet_bypass_stats_restore(struct virtnet_bypass_info *bypass);
void virtnet_bypass_get_stats64(struct net_device *dev,
				struct rtnl_link_stats64 *stats);
int virtnet_bypass_get_sset_count(struct net_device *dev, int sset);
void virtnet_bypass_get_strings(struct net_device *dev, u32 sset, u8 *data);
void virtnet_bypass_get_ethtool_stats(struct net_device *dev,
				      struct ethtool_stats *stats, u64 *data);
void virtnet_bypass_vf_stats(struct virtnet_bypass_info *bypass,
			     struct rtnl_link_stats64 *sum);
void virtnet_bypass_base_link_stats(struct virtnet_bypass_info *bypass,
				    struct rtnl_link_stats64 *sum);

#endif /* _VIRTIO_NET_BYPASS_STATS_H */
