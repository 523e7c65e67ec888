// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: counters.
 *
 * The VF counts its own packets; nothing is counted per packet here. What a
 * VF counted is added up whenever someone asks and once more before it goes,
 * so the master's sums never go backwards.
 */
#include <linux/ethtool.h>
#include <linux/minmax.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "pci.h"
#include "stats.h"

/* ethtool -S, after virtio_net's own. The order is that of
 * bypass_get_ethtool_stats(); the vf_ names are netvsc's.
 */
static const char bypass_stat_names[][ETH_GSTRING_LEN] = {
	"vf_rx_packets",
	"vf_rx_bytes",
	"vf_tx_packets",
	"vf_tx_bytes",
	"vf_tx_dropped",
	"bypass_vf_active",
	"bypass_switch_to_vf",
	"bypass_switch_to_standby",
	"bypass_vf_join",
	"bypass_vf_leave",
	"bypass_vf_join_err",
	"bypass_rx_dup_dropped",
	"bypass_tx_stop",
	"bypass_undrained",
};

/* The VF's counters, unless it is detached: virtio_net as the VF's driver frees
 * its queues, which count, when it is suspended. It detaches the netdev first,
 * and waits for a grace period before it frees them.
 */
static bool bypass_stats_read(struct net_device *vf,
			      struct rtnl_link_stats64 *stats)
{
	bool present;

	rcu_read_lock();
	present = netif_device_present(vf);
	if (present)
		dev_get_stats(vf, stats);
	rcu_read_unlock();
	return present;
}

/* No counter reads that */
#define VIRTNET_BYPASS_NOT_READ		U64_MAX

/* What a counter adds to its sum when it reads @now. One that went back adds
 * nothing: either its driver has reset it, or shows less than it has for a
 * moment, as while it resets its hardware, and then the whole of it would be
 * added again. If it grows from zero it was reset. Otherwise nobody knows until
 * it is back at its peak: then it was the latter, and only what has not been
 * added meanwhile is new.
 *
 * So one that was reset and was not seen at zero loses what it counted until it
 * was read, and once, when it reaches its old peak, what it counted between two
 * readings.
 */
static u64 bypass_stats_new(struct virtnet_bypass_counted *counted, u64 now)
{
	u64 more;

	if (counted->last == VIRTNET_BYPASS_NOT_READ) {
		more = 0;
	} else if (now < counted->last) {
		if (!counted->peak) {
			counted->peak = counted->last;
			counted->since = 0;
		}
		more = 0;
	} else if (counted->peak && now >= counted->peak) {
		more = now - counted->peak;
		more -= min(more, counted->since);
		counted->peak = 0;
	} else {
		more = now - counted->last;
		counted->since += more;
		if (more && !counted->last)
			counted->peak = 0;
	}
	counted->last = now;
	return more;
}

/* Add to the sum what the VF has counted since the last time. Each counter by
 * itself: a driver adds up those of its queues, and may miss some of them.
 */
static void bypass_stats_add(struct virtnet_bypass_info *bypass,
			     struct net_device *vf)
{
	u64 *sum = (u64 *)&bypass->stats.sum;
	struct rtnl_link_stats64 stats;
	u64 *now = (u64 *)&stats;
	unsigned int i;

	lockdep_assert_held(&bypass->stats.lock);

	if (!bypass_stats_read(vf, &stats))
		return;
	for (i = 0; i < VIRTNET_BYPASS_LINK_STATS; i++)
		sum[i] += bypass_stats_new(&bypass->stats.counted[i], now[i]);
}

/**
 * virtnet_bypass_vf_stats() - traffic of all VFs so far
 * @bypass: the bypass
 * @sum: where to put it
 *
 * Context: Process context or softirq; does not sleep.
 */
void virtnet_bypass_vf_stats(struct virtnet_bypass_info *bypass,
			     struct rtnl_link_stats64 *sum)
{
	struct net_device *vf;

	rcu_read_lock();
	spin_lock(&bypass->stats.lock);
	vf = rcu_dereference(bypass->vf);
	if (vf)
		bypass_stats_add(bypass, vf);
	*sum = bypass->stats.sum;
	spin_unlock(&bypass->stats.lock);
	rcu_read_unlock();
}

/**
 * virtnet_bypass_stats_look() - a VF may just have been reset
 * @bypass: the bypass
 *
 * Its counters go on from here: what they count from now on is added.
 *
 * Context: Process context; does not sleep.
 */
void virtnet_bypass_stats_look(struct virtnet_bypass_info *bypass)
{
	struct rtnl_link_stats64 sum;

	virtnet_bypass_vf_stats(bypass, &sum);
}

/**
 * virtnet_bypass_stats_join() - begin to count a VF's traffic
 * @bypass: the bypass
 * @vf: the VF
 *
 * What it counted before it was ours is not the master's traffic: of a VF that
 * cannot be asked now, whatever it says first.
 *
 * Context: RTNL held.
 */
void virtnet_bypass_stats_join(struct virtnet_bypass_info *bypass,
			       struct net_device *vf)
{
	unsigned int i;

	ASSERT_RTNL();

	spin_lock(&bypass->stats.lock);
	memset(bypass->stats.counted, 0, sizeof(bypass->stats.counted));
	for (i = 0; i < VIRTNET_BYPASS_LINK_STATS; i++)
		bypass->stats.counted[i].last = VIRTNET_BYPASS_NOT_READ;
	bypass_stats_add(bypass, vf);
	spin_unlock(&bypass->stats.lock);
}

/**
 * virtnet_bypass_stats_leave() - count a VF's traffic for the last time
 * @bypass: the bypass
 * @vf: a VF that nobody finds any more through bypass->vf
 *
 * Hardware that has gone without notice reads as all ones and is not asked.
 *
 * Context: RTNL held.
 */
void virtnet_bypass_stats_leave(struct virtnet_bypass_info *bypass,
				struct net_device *vf)
{
	ASSERT_RTNL();

	if (!virtnet_bypass_vf_present(vf))
		return;

	spin_lock(&bypass->stats.lock);
	bypass_stats_add(bypass, vf);
	spin_unlock(&bypass->stats.lock);
}

/* What virtio_net counts in its queues; it counts the rest in the netdev */
static void bypass_add_queues(struct rtnl_link_stats64 *sum,
			      const struct rtnl_link_stats64 *stats)
{
	sum->rx_packets += stats->rx_packets;
	sum->tx_packets += stats->tx_packets;
	sum->rx_bytes += stats->rx_bytes;
	sum->tx_bytes += stats->tx_bytes;
	sum->rx_dropped += stats->rx_dropped;
	sum->tx_errors += stats->tx_errors;
}

/**
 * virtnet_bypass_stats_freeze() - remember what the virtio queues counted
 * @bypass: the bypass
 *
 * virtio_net frees its queues, and their counters, when it is suspended.
 *
 * Context: Process context; the queues are still there.
 */
void virtnet_bypass_stats_freeze(struct virtnet_bypass_info *bypass)
{
	struct rtnl_link_stats64 stats = {};

	spin_lock(&bypass->stats.lock);
	bypass->orig_ndo->ndo_get_stats64(bypass->dev, &stats);
	bypass_add_queues(&bypass->stats.slept, &stats);
	WRITE_ONCE(bypass->stats.frozen, true);
	spin_unlock(&bypass->stats.lock);
}

/**
 * virtnet_bypass_stats_restore() - the virtio queues count again, from zero
 * @bypass: the bypass
 *
 * Context: Process context; there are new queues.
 */
void virtnet_bypass_stats_restore(struct virtnet_bypass_info *bypass)
{
	spin_lock(&bypass->stats.lock);
	WRITE_ONCE(bypass->stats.frozen, false);
	spin_unlock(&bypass->stats.lock);
}

/**
 * virtnet_bypass_base_link_stats() - traffic that no virtio queue counts
 * @bypass: the bypass
 * @sum: where to put it: that of all VFs so far, and that of the queues which
 *	the virtio device had before it was suspended
 *
 * Context: Process context or softirq; does not sleep.
 */
void virtnet_bypass_base_link_stats(struct virtnet_bypass_info *bypass,
				    struct rtnl_link_stats64 *sum)
{
	virtnet_bypass_vf_stats(bypass, sum);
	spin_lock(&bypass->stats.lock);
	bypass_add_queues(sum, &bypass->stats.slept);
	spin_unlock(&bypass->stats.lock);
}

/**
 * virtnet_bypass_get_stats64() - ndo_get_stats64 of the master
 * @dev: the master
 * @stats: where to put the sums of both paths
 *
 * Context: Any.
 */
void virtnet_bypass_get_stats64(struct net_device *dev,
				struct rtnl_link_stats64 *stats)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct rtnl_link_stats64 vf;

	spin_lock(&bypass->stats.lock);
	if (!bypass->stats.frozen)
		bypass->orig_ndo->ndo_get_stats64(dev, stats);
	bypass_add_queues(stats, &bypass->stats.slept);
	spin_unlock(&bypass->stats.lock);
	virtnet_bypass_vf_stats(bypass, &vf);

	stats->rx_packets += vf.rx_packets;
	stats->tx_packets += vf.tx_packets;
	stats->rx_bytes += vf.rx_bytes;
	stats->tx_bytes += vf.tx_bytes;
	stats->rx_errors += vf.rx_errors;
	stats->tx_errors += vf.tx_errors;
	stats->rx_dropped += vf.rx_dropped;
	stats->tx_dropped += vf.tx_dropped;
	stats->multicast += vf.multicast;
	stats->collisions += vf.collisions;
	stats->rx_length_errors += vf.rx_length_errors;
	stats->rx_over_errors += vf.rx_over_errors;
	stats->rx_crc_errors += vf.rx_crc_errors;
	stats->rx_frame_errors += vf.rx_frame_errors;
	stats->rx_fifo_errors += vf.rx_fifo_errors;
	stats->rx_missed_errors += vf.rx_missed_errors;
	stats->tx_aborted_errors += vf.tx_aborted_errors;
	stats->tx_carrier_errors += vf.tx_carrier_errors;
	stats->tx_fifo_errors += vf.tx_fifo_errors;
	stats->tx_heartbeat_errors += vf.tx_heartbeat_errors;
	stats->tx_window_errors += vf.tx_window_errors;
}

/**
 * virtnet_bypass_get_sset_count() - get_sset_count of the master
 * @dev: the master
 * @sset: ETH_SS_*
 *
 * Context: RTNL held.
 * Return: how many strings there are, or virtio_net's error.
 */
int virtnet_bypass_get_sset_count(struct net_device *dev, int sset)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	int count = bypass->orig_ethtool->get_sset_count(dev, sset);

	if (sset == ETH_SS_STATS && count >= 0)
		count += ARRAY_SIZE(bypass_stat_names);
	return count;
}

/**
 * virtnet_bypass_get_strings() - get_strings of the master
 * @dev: the master
 * @sset: ETH_SS_*
 * @data: where to put them
 *
 * Context: RTNL held.
 */
void virtnet_bypass_get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	int count = bypass->orig_ethtool->get_sset_count(dev, sset);

	bypass->orig_ethtool->get_strings(dev, sset, data);
	if (sset == ETH_SS_STATS && count >= 0)
		memcpy(data + count * ETH_GSTRING_LEN, bypass_stat_names,
		       sizeof(bypass_stat_names));
}

/**
 * virtnet_bypass_get_ethtool_stats() - get_ethtool_stats of the master
 * @dev: the master
 * @stats: what is asked for
 * @data: where to put it, in the order of the strings
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_get_ethtool_stats(struct net_device *dev,
				      struct ethtool_stats *stats, u64 *data)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	const struct ethtool_ops *orig = bypass->orig_ethtool;
	int count = orig->get_sset_count(dev, ETH_SS_STATS);
	struct rtnl_link_stats64 vf;

	orig->get_ethtool_stats(dev, stats, data);
	if (count < 0)
		return;

	virtnet_bypass_vf_stats(bypass, &vf);
	data += count;
	*data++ = vf.rx_packets;
	*data++ = vf.rx_bytes;
	*data++ = vf.tx_packets;
	*data++ = vf.tx_bytes;
	*data++ = vf.tx_dropped;
	*data++ = !!rcu_access_pointer(bypass->active);
	*data++ = bypass->count.to_vf;
	*data++ = bypass->count.to_standby;
	*data++ = bypass->count.vf_join;
	*data++ = bypass->count.vf_leave;
	*data++ = bypass->count.vf_join_err;
	*data++ = atomic64_read(&bypass->rx_dup);
	*data++ = atomic64_read(&bypass->tx_stop);
	*data++ = bypass->count.undrained;
}
