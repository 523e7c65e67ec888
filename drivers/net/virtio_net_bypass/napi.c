// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: what a user sets on the master in sysfs
 * that holds where packets are received and completed, which is in the VF: when
 * its NAPIs flush GRO and ask for interrupts, whether they are threads, and the
 * limits of BQL.
 *
 * Nobody is told of such a change, so it is looked for when the VF joins, comes
 * up or gets carrier. What was not changed since the last time is left alone:
 * it may have been set on the VF itself.
 */
#include <linux/minmax.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "napi.h"

static void bypass_napi_tell(struct virtnet_bypass_info *bypass,
			     struct net_device *vf)
{
	struct virtnet_bypass_napi *told = &bypass->napi_told;
	struct net_device *dev = bypass->dev;
	int err;

	if (dev->gro_flush_timeout != told->gro_flush_timeout) {
		told->gro_flush_timeout = dev->gro_flush_timeout;
		WRITE_ONCE(vf->gro_flush_timeout, told->gro_flush_timeout);
	}
	if (dev->napi_defer_hard_irqs != told->defer_hard_irqs) {
		told->defer_hard_irqs = dev->napi_defer_hard_irqs;
		WRITE_ONCE(vf->napi_defer_hard_irqs, told->defer_hard_irqs);
	}
	if (dev->threaded != told->threaded) {
		told->threaded = dev->threaded;
		err = dev_set_threaded(vf, told->threaded);
		if (err)
			netdev_warn(bypass->dev, "bypass: NAPIs of VF %s become no threads: error %d\n",
				    netdev_name(vf), err);
	}
}

#ifdef CONFIG_BQL
/* As sysfs shows them for a netdev that nobody has touched */
static bool bypass_dql_is_default(const struct dql *dql)
{
	return dql->max_limit == DQL_MAX_LIMIT && !dql->min_limit &&
	       dql->slack_hold_time == HZ;
}

static void bypass_bql_tell(struct virtnet_bypass_info *bypass,
			    struct net_device *vf)
{
	unsigned int i, n = min(bypass->dev->num_tx_queues, vf->num_tx_queues);
	struct dql *from, *to;

	for (i = 0; i < n; i++) {
		from = &netdev_get_tx_queue(bypass->dev, i)->dql;
		if (bypass_dql_is_default(from))
			continue;
		to = &netdev_get_tx_queue(vf, i)->dql;
		WRITE_ONCE(to->max_limit, from->max_limit);
		WRITE_ONCE(to->min_limit, from->min_limit);
		WRITE_ONCE(to->slack_hold_time, from->slack_hold_time);
	}
}
#else
static void bypass_bql_tell(struct virtnet_bypass_info *bypass,
			    struct net_device *vf)
{
}
#endif

/**
 * virtnet_bypass_napi_follow() - a VF came up: give it what was changed
 * @bypass: the bypass
 * @vf: the enslaved VF
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_napi_follow(struct virtnet_bypass_info *bypass,
				struct net_device *vf)
{
	ASSERT_RTNL();

	bypass_napi_tell(bypass, vf);
	bypass_bql_tell(bypass, vf);
}

/**
 * virtnet_bypass_napi_join() - give a new VF what differs from the default
 * @bypass: the bypass
 * @vf: a VF that is linked to the master
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_napi_join(struct virtnet_bypass_info *bypass,
			      struct net_device *vf)
{
	ASSERT_RTNL();

	memset(&bypass->napi_told, 0, sizeof(bypass->napi_told));
	virtnet_bypass_napi_follow(bypass, vf);
}
