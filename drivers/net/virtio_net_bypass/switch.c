// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: which path is in use.
 *
 * One function decides, from the state as it is, and finds the reason there,
 * too: __virtnet_bypass_update(). Whoever learns of a change calls it, in any
 * order and as often as it likes.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <net/virtnet_bypass.h>

#include <trace/events/virtnet_bypass.h>

#include "announce.h"
#include "bypass.h"
#include "drain.h"
#include "flow.h"
#include "pci.h"
#include "shim.h"
#include "stats.h"
#include "switch.h"
#include "watch.h"

#define VIRTNET_BYPASS_TEXT(name, symbol, text) \
	[VIRTNET_BYPASS_##name] = text,
static const char * const bypass_reasons[] = {
	VIRTNET_BYPASS_REASONS(VIRTNET_BYPASS_TEXT, VIRTNET_BYPASS_TEXT)
};

static void bypass_sync_carrier(struct virtnet_bypass_info *bypass)
{
	if (bypass->standby_up || rcu_access_pointer(bypass->active))
		netif_carrier_on(bypass->dev);
	else
		netif_carrier_off(bypass->dev);
}

/* VIRTNET_BYPASS_VF_UP if @vf can be used, or why it cannot: of several reasons
 * the one that was asked for
 */
static enum virtnet_bypass_reason
bypass_judge(const struct virtnet_bypass_info *bypass,
	     const struct net_device *vf)
{
	if (!vf)
		return VIRTNET_BYPASS_VF_UNREGISTER;
	if (!netif_running(bypass->dev))
		return VIRTNET_BYPASS_MASTER_DOWN;
	if (bypass->blocked & VIRTNET_BYPASS_BLOCK_UNPLUG)
		return VIRTNET_BYPASS_VF_UNBIND;
	if (bypass->blocked & VIRTNET_BYPASS_BLOCK_FROZEN)
		return VIRTNET_BYPASS_FREEZE;
	if (bypass->blocked & VIRTNET_BYPASS_BLOCK_DOWN)
		return VIRTNET_BYPASS_VF_DOWN;
	if (!netif_device_present(vf))
		return VIRTNET_BYPASS_VF_DETACHED;
	if (!netif_running(vf))
		return VIRTNET_BYPASS_VF_DOWN;
	if (!netif_carrier_ok(vf))
		return VIRTNET_BYPASS_VF_CARRIER_LOST;
	if (!ether_addr_equal(vf->dev_addr, bypass->dev->dev_addr))
		return VIRTNET_BYPASS_VF_ADDRESS;
	if (bypass->blocked & VIRTNET_BYPASS_BLOCK_HUNG)
		return VIRTNET_BYPASS_VF_HUNG;
	if (bypass->blocked & VIRTNET_BYPASS_BLOCK_DETACHED)
		return VIRTNET_BYPASS_VF_DETACHED;
	return bypass->blocked ? VIRTNET_BYPASS_SETTING : VIRTNET_BYPASS_VF_UP;
}

/* Why the VF, which can be used, is used now */
static enum virtnet_bypass_reason
bypass_why(const struct virtnet_bypass_info *bypass)
{
	return bypass->why_not == VIRTNET_BYPASS_SETTING ?
	       VIRTNET_BYPASS_SETTING : VIRTNET_BYPASS_VF_UP;
}

/* Does the path that is left still work, and is there time to let it end? */
static bool bypass_can_drain(const struct virtnet_bypass_info *bypass,
			     const struct net_device *old)
{
	if (!old)
		return bypass->standby_up;

	return bypass->blocked & VIRTNET_BYPASS_BLOCK_PLANNED &&
	       netif_running(bypass->dev) &&
	       netif_running(old) && netif_carrier_ok(old) &&
	       netif_device_present(old) && virtnet_bypass_vf_present(old);
}

static void bypass_use(struct virtnet_bypass_info *bypass,
		       struct net_device *vf, enum virtnet_bypass_reason reason)
{
	struct net_device *dev = bypass->dev;

	if (vf)
		virtnet_bypass_stats_look(bypass);
	rcu_assign_pointer(bypass->active, vf);
	/* Pairs with bypass_xmit_no_vf() */
	smp_store_release(&bypass->hold, false);
	if (vf) {
		bypass->vf_since = jiffies;
		bypass->count.to_vf++;
	} else {
		bypass->count.to_standby++;
	}

	/* Carrier first, where it comes: a path is there */
	bypass_sync_carrier(bypass);
	virtnet_bypass_flow_wake_all(bypass);
	if (vf)
		virtnet_bypass_shim_kick(vf);
	virtnet_bypass_announce(bypass);

	trace_virtnet_bypass_switch(dev, vf, reason);
	netdev_info(dev, "bypass: datapath switched to %s%s: %s\n",
		    vf ? "VF " : "standby", vf ? netdev_name(vf) : "",
		    bypass_reasons[reason]);
}

/* Leave @old, in order if that is possible, for @vf */
static void bypass_switch(struct virtnet_bypass_info *bypass,
			  struct net_device *old, struct net_device *vf,
			  enum virtnet_bypass_reason reason)
{
	if (bypass_can_drain(bypass, old))
		virtnet_bypass_drain(bypass, old);
	else if (old)
		virtnet_bypass_abandon(bypass, old);
	else
		virtnet_bypass_hold(bypass);
	bypass_use(bypass, vf, reason);
}

/**
 * __virtnet_bypass_update() - choose the path from the state as it is
 * @bypass: the bypass
 *
 * Context: Process context; may sleep. bypass->lock held.
 */
void __virtnet_bypass_update(struct virtnet_bypass_info *bypass)
{
	enum virtnet_bypass_reason reason;
	struct net_device *old, *vf;

	lockdep_assert_held(&bypass->lock);

	old = rcu_dereference_protected(bypass->active,
					lockdep_is_held(&bypass->lock));
	vf = rcu_dereference_protected(bypass->vf,
				       lockdep_is_held(&bypass->lock));
	if (vf)
		virtnet_bypass_watch_detached(bypass, vf);

	reason = bypass_judge(bypass, vf);
	if (reason != VIRTNET_BYPASS_VF_UP) {
		bypass->why_not = reason;
		if (old)
			bypass_switch(bypass, old, NULL, reason);
	} else if (!old) {
		bypass_switch(bypass, NULL, vf, bypass_why(bypass));
	}
}

/**
 * virtnet_bypass_update() - something that the choice depends on has changed
 * @bypass: the bypass
 *
 * Context: Process context; may sleep. bypass->lock not held.
 */
void virtnet_bypass_update(struct virtnet_bypass_info *bypass)
{
	virtnet_bypass_block(bypass, 0, 0);
}

/**
 * virtnet_bypass_block() - add or remove reasons not to use the VF
 * @bypass: the bypass
 * @set: VIRTNET_BYPASS_BLOCK_* bits to set
 * @clear: VIRTNET_BYPASS_BLOCK_* bits to clear
 *
 * Context: Process context; may sleep. bypass->lock not held.
 */
void virtnet_bypass_block(struct virtnet_bypass_info *bypass,
			  unsigned long set, unsigned long clear)
{
	mutex_lock(&bypass->lock);
	bypass->blocked &= ~clear;
	bypass->blocked |= set;
	__virtnet_bypass_update(bypass);
	mutex_unlock(&bypass->lock);
}

/**
 * virtnet_bypass_can_tell() - may the driver of a VF be called?
 * @bypass: the bypass
 * @vf: a VF, which has joined or is about to
 *
 * The core calls no driver that has detached its netdev: its queues, or its
 * hardware, may be gone. Such a VF carries no traffic until it is back and was
 * told all again.
 *
 * Context: RTNL held, bypass->lock not; may sleep.
 * Return: false if it is told later.
 */
bool virtnet_bypass_can_tell(struct virtnet_bypass_info *bypass,
			     struct net_device *vf)
{
	ASSERT_RTNL();

	if (netif_device_present(vf))
		return true;

	virtnet_bypass_block(bypass, VIRTNET_BYPASS_BLOCK_DETACHED, 0);
	return false;
}

/**
 * __virtnet_bypass_carrier() - the virtio device's own carrier changed
 * @bypass: the bypass
 * @up: whether it has carrier
 *
 * Context: Process context; may sleep. RTNL may be held or not.
 */
void __virtnet_bypass_carrier(struct virtnet_bypass_info *bypass, bool up)
{
	mutex_lock(&bypass->lock);
	WRITE_ONCE(bypass->standby_up, up);
	bypass_sync_carrier(bypass);
	mutex_unlock(&bypass->lock);
}
