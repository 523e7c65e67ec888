// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: the life of the VF ("the primary").
 *
 *   absent -> enslaved (registered, down) -> open (up) -> ready (in use)
 *          -> draining (being unplugged) -> absent
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/kobject.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>
#include <net/virtnet_bypass.h>

#include <trace/events/virtnet_bypass.h>

#include "announce.h"
#include "bypass.h"
#include "compat.h"
#include "follow.h"
#include "napi.h"
#include "offload.h"
#include "pci.h"
#include "primary.h"
#include "queues.h"
#include "rx.h"
#include "shim.h"
#include "stats.h"
#include "switch.h"
#include "tx.h"
#include "vlan.h"

/* Time between a VF's registration and our opening it, as VF_TAKEOVER_INT of
 * netvsc (drivers/net/hyperv/netvsc_drv.c): the VF's driver finishes its
 * probe, and udev renames a netdev that is still down.
 */
#define VIRTNET_BYPASS_TAKEOVER_DELAY	(HZ / 10)

/* What a VF refused for now (a driver that resets, a PF that does not answer)
 * is tried again after that time, then after twice as long, up to the limit.
 */
#define VIRTNET_BYPASS_RETRY_FIRST	(HZ / 10)
#define VIRTNET_BYPASS_RETRY_MAX	(30 * HZ)

/**
 * virtnet_bypass_is_master() - does this netdev have a bypass itself?
 * @dev: any netdev
 *
 * Context: Any.
 * Return: true if it is a master.
 */
bool virtnet_bypass_is_master(const struct net_device *dev)
{
	return dev->netdev_ops->ndo_start_xmit == virtnet_bypass_start_xmit;
}

/* Could @vf be a VF, whatever its address? What rtnetlink creates (VLAN, bond,
 * macvlan, bridge ...) copies its lower device's address and never qualifies,
 * nor does a virtio netdev that waits for a VF itself, nor one that has another
 * master.
 */
static bool bypass_is_free(struct net_device *vf)
{
	ASSERT_RTNL();

	return vf->type == ARPHRD_ETHER && vf->addr_len == ETH_ALEN &&
	       !vf->rtnl_link_ops && !is_vlan_dev(vf) &&
	       virtnet_bypass_pci_dev(vf) &&
	       !virtnet_bypass_is_master(vf) &&
	       !netdev_master_upper_dev_get(vf);
}

/* Is @vf, whose permanent address is @addr, our VF? */
static bool bypass_matches(struct virtnet_bypass_info *bypass,
			   struct net_device *vf, const u8 *addr)
{
	struct net_device *dev = bypass->dev;

	return dev->reg_state == NETREG_REGISTERED &&
	       ether_addr_equal(addr, dev->perm_addr) &&
	       ether_addr_equal(vf->dev_addr, dev->dev_addr) &&
	       bypass_is_free(vf);
}

/* Before user space hears of the VF: no IPv6 address for it (6.1 looks at
 * IFF_SLAVE, 6.12 at IFF_NO_ADDRCONF), no rename refused while it is up
 */
static void bypass_mark(struct net_device *vf)
{
	vf->flags |= IFF_SLAVE;
	vf->priv_flags |= IFF_NO_ADDRCONF | IFF_LIVE_RENAME_OK;
}

static void bypass_unmark(struct net_device *vf)
{
	vf->flags &= ~IFF_SLAVE;
	vf->priv_flags &= ~(IFF_NO_ADDRCONF | IFF_LIVE_RENAME_OK);
}

static int bypass_enslave(struct virtnet_bypass_info *bypass,
			  struct net_device *vf)
{
	int err;

	/* Nothing of an earlier VF counts against this one */
	virtnet_bypass_block(bypass, 0, VIRTNET_BYPASS_BLOCK_VF);

	bypass_mark(vf);
	WRITE_ONCE(bypass->vf_shared, false);
	err = virtnet_bypass_txqs_grow(bypass, vf);
	if (err)
		goto err_txqs;

	err = netdev_rx_handler_register(vf, virtnet_bypass_handle_frame,
					 bypass);
	if (err)
		goto err_rx_handler;

	err = virtnet_bypass_follow_join(bypass, vf);
	if (err)
		goto err_follow;

	err = virtnet_bypass_shim_attach(bypass, vf);
	if (err)
		goto err_shim;

	virtnet_bypass_stats_join(bypass, vf);
	netdev_hold(vf, &bypass->vf_tracker, GFP_KERNEL);
	return 0;

err_shim:
	virtnet_bypass_follow_leave(bypass, vf);
err_follow:
	netdev_rx_handler_unregister(vf);
err_rx_handler:
err_txqs:
	bypass_unmark(vf);
	return err;
}

static void bypass_release(struct virtnet_bypass_info *bypass,
			   struct net_device *vf)
{
	virtnet_bypass_stats_leave(bypass, vf);
	virtnet_bypass_shim_detach(vf);
	virtnet_bypass_follow_leave(bypass, vf);
	netdev_rx_handler_unregister(vf);
	bypass_unmark(vf);
	netdev_put(vf, &bypass->vf_tracker);
}

static void bypass_takeover_in(struct virtnet_bypass_info *bypass,
			       unsigned long delay)
{
	mod_delayed_work(system_wq, &bypass->primary.takeover, delay);
}

/* Let the takeover be tried again, and the next time later */
static void bypass_retry(struct virtnet_bypass_info *bypass)
{
	ASSERT_RTNL();

	bypass_takeover_in(bypass, bypass->primary.retry);
	bypass->primary.retry = min_t(unsigned long, 2 * bypass->primary.retry,
				      VIRTNET_BYPASS_RETRY_MAX);
}

/* Who configures netdevs looks at @vf when it comes. One that was there before
 * its master was an interface as any other, and is one again after the master.
 */
static void bypass_tell_udev(struct net_device *vf)
{
	kobject_uevent(&vf->dev.kobj, KOBJ_CHANGE);
}

static void bypass_join(struct virtnet_bypass_info *bypass,
			struct net_device *vf)
{
	struct net_device *dev = bypass->dev;
	int err;

	ASSERT_RTNL();

	if (virtnet_bypass_vf_rtnl(bypass)) {
		netdev_warn(dev, "bypass: VF %s ignored, VF %s is in use\n",
			    netdev_name(vf),
			    netdev_name(virtnet_bypass_vf_rtnl(bypass)));
		return;
	}

	/* Was it there before, and configured, its routes go and its leases
	 * end: the takeover opens it for the master alone
	 */
	dev_close(vf);
	err = bypass_enslave(bypass, vf);
	trace_virtnet_bypass_join(dev, vf, err);
	if (err) {
		bypass->count.vf_join_err++;
		netdev_err(dev, "bypass: VF %s not enslaved: error %d\n",
			   netdev_name(vf), err);
		return;
	}
	bypass->count.vf_join++;
	netdev_info(dev, "bypass: VF %s joined\n", netdev_name(vf));
	bypass_tell_udev(vf);

	mutex_lock(&bypass->lock);
	rcu_assign_pointer(bypass->vf, vf);
	__virtnet_bypass_update(bypass);
	mutex_unlock(&bypass->lock);

	bypass->primary.open_due = true;
	bypass->primary.retry = VIRTNET_BYPASS_RETRY_FIRST;
	bypass_takeover_in(bypass, VIRTNET_BYPASS_TAKEOVER_DELAY);
}

static void bypass_leave(struct virtnet_bypass_info *bypass,
			 enum virtnet_bypass_reason reason)
{
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	struct net_device *dev = bypass->dev;

	ASSERT_RTNL();

	/* The work only ever tries to take RTNL, so waiting for it is safe */
	cancel_delayed_work_sync(&bypass->primary.takeover);
	if (reason == VIRTNET_BYPASS_MASTER_UNREGISTER)
		virtnet_bypass_announce_cancel(bypass);
	if (!vf)
		return;

	mutex_lock(&bypass->lock);
	RCU_INIT_POINTER(bypass->vf, NULL);
	__virtnet_bypass_update(bypass);
	mutex_unlock(&bypass->lock);

	/* Senders and receivers that still hold the VF */
	synchronize_net();

	bypass_release(bypass, vf);
	virtnet_bypass_block(bypass, 0, VIRTNET_BYPASS_BLOCK_VF);
	bypass->count.vf_leave++;
	trace_virtnet_bypass_leave(dev, vf, reason);
	netdev_info(dev, "bypass: VF %s left\n", netdev_name(vf));
	if (vf->reg_state == NETREG_REGISTERED)
		bypass_tell_udev(vf);
}

static struct net_device *
bypass_find(struct virtnet_bypass_info *bypass, struct net *net)
{
	struct net_device *vf;

	for_each_netdev(net, vf) {
		if (bypass_matches(bypass, vf, vf->perm_addr))
			return vf;
	}
	return NULL;
}

/* Take the first VF in the master's namespace that can join: one that was there
 * before the master, that stood aside for another one, or was no match before.
 */
static bool bypass_join_any(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf;

	for_each_netdev(dev_net(bypass->dev), vf) {
		if (bypass_matches(bypass, vf, vf->perm_addr))
			bypass_join(bypass, vf);
		if (virtnet_bypass_vf_rtnl(bypass))
			return true;
	}
	return false;
}

/* A VF whose PF has not told it its address yet has one at random. Its driver
 * tells nobody when it learns the right one (igbvf_reset(), iavf).
 */
static bool bypass_is_nameless(struct net_device *vf)
{
	return vf->addr_assign_type == NET_ADDR_RANDOM &&
	       bypass_is_free(vf);
}

static bool bypass_any_nameless(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf;

	for_each_netdev(dev_net(bypass->dev), vf) {
		if (bypass_is_nameless(vf))
			return true;
	}
	return false;
}

/* A VF is plugged into the initial namespace, and stays behind when its master
 * is moved to another one: it is taken where the master is. Not by a notifier,
 * which may run while a namespace ends and moves its netdevs itself.
 */
static void bypass_fetch(struct virtnet_bypass_info *bypass)
{
	struct net_device *dev = bypass->dev;
	struct net_device *vf = NULL;
	struct net *net;
	int err;

	if (dev->reg_state != NETREG_REGISTERED ||
	    bypass_join_any(bypass))
		return;

	down_read(&net_rwsem);
	for_each_net(net) {
		if (!net_eq(net, dev_net(dev)))
			vf = bypass_find(bypass, net);
		if (vf)
			break;
	}
	up_read(&net_rwsem);
	if (!vf && bypass_any_nameless(bypass))
		bypass_retry(bypass);
	if (!vf || !check_net(dev_net(dev)))
		return;

	/* It joins when it is registered there */
	err = dev_change_net_namespace(vf, dev_net(dev), "eth%d");
	if (err) {
		bypass_unmark(vf);
		netdev_err(dev, "bypass: VF %s stays in another namespace: error %d\n",
			   netdev_name(vf), err);
	}
}

/* Open @vf, unless that was done; a user may have set it down since. False if
 * it is to be tried again.
 */
static bool bypass_open_vf(struct virtnet_bypass_info *bypass,
			   struct net_device *vf)
{
	int err;

	if (!bypass->primary.open_due)
		return true;

	virtnet_bypass_xps_follow(bypass);
	err = dev_open(vf, NULL);
	bypass->primary.open_due = err;
	if (!err)
		return true;

	if (bypass->primary.retry == VIRTNET_BYPASS_RETRY_FIRST)
		netdev_err(bypass->dev, "bypass: VF %s not opened, will be tried again: error %d\n",
			   netdev_name(vf), err);
	return false;
}

static void bypass_takeover(struct work_struct *work)
{
	struct virtnet_bypass_info *bypass =
		container_of(work, struct virtnet_bypass_info,
			     primary.takeover.work);
	struct net_device *dev = bypass->dev;
	struct net_device *vf;
	bool done;

	if (!rtnl_trylock()) {
		bypass_takeover_in(bypass, 1);
		return;
	}

	vf = virtnet_bypass_vf_rtnl(bypass);
	if (!vf) {
		bypass_fetch(bypass);
		goto unlock;
	}
	if (!netif_running(dev))
		goto unlock;

	done = bypass_open_vf(bypass, vf);
	done &= virtnet_bypass_mtu_retry(bypass, vf);
	if (!done)
		bypass_retry(bypass);
unlock:
	rtnl_unlock();
}

/**
 * virtnet_bypass_vf_open() - the master is up, let the VF follow
 * @bypass: the bypass
 *
 * Context: RTNL held.
 */
void virtnet_bypass_vf_open(struct virtnet_bypass_info *bypass)
{
	ASSERT_RTNL();

	if (!virtnet_bypass_vf_rtnl(bypass))
		return;

	bypass->primary.open_due = true;
	bypass->primary.retry = VIRTNET_BYPASS_RETRY_FIRST;
	/* A takeover that is due already keeps its delay */
	schedule_delayed_work(&bypass->primary.takeover, 0);
}

/**
 * virtnet_bypass_vf_close() - the master goes down, and the VF with it
 * @bypass: the bypass
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_vf_close(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);

	virtnet_bypass_update(bypass);
	if (!vf)
		return;

	bypass->primary.open_due = false;
	dev_close(vf);
}

/* One whose path it was is told of by the switch */
static void bypass_check_addr(struct virtnet_bypass_info *bypass,
			      struct net_device *vf)
{
	if (netif_carrier_ok(vf) && !virtnet_bypass_active_rtnl(bypass) &&
	    !ether_addr_equal(vf->dev_addr, bypass->dev->dev_addr))
		netdev_warn(bypass->dev, "bypass: VF %s has another MAC address, traffic stays on standby\n",
			    netdev_name(vf));
}

static void bypass_vf_event(struct virtnet_bypass_info *bypass,
			    struct net_device *vf, unsigned long event)
{
	switch (event) {
	case NETDEV_UP:
	case NETDEV_CHANGE:
	case NETDEV_CHANGEADDR:
		bypass_check_addr(bypass, vf);
		/* A PF that did not answer may do so now */
		if (netif_carrier_ok(vf))
			virtnet_bypass_vlan_retry(bypass);
		virtnet_bypass_stats_look(bypass);
		virtnet_bypass_txqs_follow(bypass, vf);
		virtnet_bypass_napi_follow(bypass, vf);
		virtnet_bypass_update(bypass);
		/* The driver may have reset its hardware meanwhile */
		virtnet_bypass_shim_kick(vf);
		break;
	case NETDEV_FEAT_CHANGE:
		virtnet_bypass_offload_follow(bypass, vf);
		break;
	case NETDEV_GOING_DOWN:
		virtnet_bypass_block(bypass, VIRTNET_BYPASS_BLOCK_DOWN, 0);
		break;
	case NETDEV_DOWN:
		virtnet_bypass_block(bypass, 0, VIRTNET_BYPASS_BLOCK_DOWN);
		break;
	case NETDEV_UNREGISTER:
		bypass_leave(bypass, VIRTNET_BYPASS_VF_UNREGISTER);
		/* Perhaps another one has been waiting */
		bypass_takeover_in(bypass, 0);
		break;
	}
}

static void bypass_master_event(struct virtnet_bypass_info *bypass,
				unsigned long event)
{
	switch (event) {
	case NETDEV_REGISTER:
		if (!bypass_join_any(bypass))
			bypass_takeover_in(bypass, 0);
		break;
	case NETDEV_UP:
		/* The VF may have been up before the master */
		virtnet_bypass_update(bypass);
		break;
	case NETDEV_NOTIFY_PEERS:
		virtnet_bypass_announce_asked(bypass);
		break;
	case NETDEV_UNREGISTER:
		bypass_leave(bypass, VIRTNET_BYPASS_MASTER_UNREGISTER);
		break;
	}
}

static void bypass_other_event(struct virtnet_bypass_info *bypass,
			       struct net_device *vf, unsigned long event)
{
	switch (event) {
	case NETDEV_POST_INIT:
		/* Before the uevent; the permanent address, a copy of this
		 * one, is not filled in yet
		 */
		if (vf->addr_assign_type == NET_ADDR_PERM &&
		    !virtnet_bypass_vf_rtnl(bypass) &&
		    bypass_matches(bypass, vf, vf->dev_addr))
			bypass_mark(vf);
		break;
	case NETDEV_REGISTER:
		if (!virtnet_bypass_vf_rtnl(bypass) &&
		    bypass_is_nameless(vf)) {
			bypass->primary.retry = VIRTNET_BYPASS_RETRY_FIRST;
			bypass_takeover_in(bypass, 0);
		}
		if (!bypass_matches(bypass, vf, vf->perm_addr))
			break;
		if (net_eq(dev_net(vf), dev_net(bypass->dev)))
			bypass_join(bypass, vf);
		else
			bypass_takeover_in(bypass, 0);
		break;
	case NETDEV_UP:
	case NETDEV_CHANGE:
	case NETDEV_CHANGEADDR:
	case NETDEV_CHANGEUPPER:
		/* No match when it was registered, perhaps one now */
		if (!virtnet_bypass_vf_rtnl(bypass) &&
		    bypass_matches(bypass, vf, vf->perm_addr))
			bypass_takeover_in(bypass, 0);
		break;
	}
}

/* By its address the switch of the adapter gives a VF its packets, and by it
 * the VF is known. User space (the MACAddressPolicy of systemd, a cloned
 * address of NetworkManager) is told so; a driver that changes it does not ask.
 */
static int
bypass_keep_addr(struct virtnet_bypass_info *bypass,
		 struct netdev_notifier_pre_changeaddr_info *info)
{
	if (ether_addr_equal(info->dev_addr, bypass->dev->dev_addr))
		return NOTIFY_DONE;

	NL_SET_ERR_MSG_MOD(info->info.extack,
			   "The address of a VF is that of its master");
	return notifier_from_errno(-EBUSY);
}

static int bypass_netdev_event(struct notifier_block *nb,
			       unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct virtnet_bypass_info *bypass =
		container_of(nb, struct virtnet_bypass_info, primary.netdev_nb);

	bool is_vf = dev == virtnet_bypass_vf_rtnl(bypass);

	if (is_vf && event == NETDEV_PRE_CHANGEADDR)
		return bypass_keep_addr(bypass, ptr);

	if (dev == bypass->dev)
		bypass_master_event(bypass, event);
	else if (is_vf)
		bypass_vf_event(bypass, dev, event);
	else
		bypass_other_event(bypass, dev, event);
	return NOTIFY_DONE;
}

/* A driver about to be unbound is the first we hear of an unplug: interrupts
 * and rings of the VF still work. RTNL must not be taken here.
 */
static int bypass_pci_event(struct notifier_block *nb,
			    unsigned long action, void *data)
{
	struct virtnet_bypass_info *bypass =
		container_of(nb, struct virtnet_bypass_info, primary.pci_nb);
	struct net_device *vf;
	bool ours;

	if (action != BUS_NOTIFY_UNBIND_DRIVER)
		return NOTIFY_DONE;

	mutex_lock(&bypass->lock);
	vf = rcu_dereference_protected(bypass->vf,
				       lockdep_is_held(&bypass->lock));
	ours = vf && virtnet_bypass_pci_dev(vf) == data;
	if (ours) {
		bypass->blocked |= VIRTNET_BYPASS_BLOCK_UNPLUG;
		__virtnet_bypass_update(bypass);
	}
	mutex_unlock(&bypass->lock);

	/* The last burst is in the VF's ring */
	if (ours)
		synchronize_net();
	return NOTIFY_DONE;
}

/**
 * virtnet_bypass_primary_init() - begin to look for VFs
 * @bypass: the bypass of a netdev that is not registered yet
 *
 * A VF that is there already is found when the master is registered.
 *
 * Context: Process context, RTNL not held; may sleep.
 * Return: 0 or the error of a notifier's registration.
 */
int virtnet_bypass_primary_init(struct virtnet_bypass_info *bypass)
{
	int err;

	INIT_DELAYED_WORK(&bypass->primary.takeover, bypass_takeover);
	bypass->primary.retry = VIRTNET_BYPASS_RETRY_FIRST;
	virtnet_bypass_announce_init(bypass);
	bypass->primary.pci_nb.notifier_call = bypass_pci_event;
	bypass->primary.netdev_nb.notifier_call = bypass_netdev_event;

	err = bus_register_notifier(&pci_bus_type, &bypass->primary.pci_nb);
	if (err)
		return err;

	err = register_netdevice_notifier(&bypass->primary.netdev_nb);
	if (err)
		goto err_netdev_nb;

	return 0;

err_netdev_nb:
	bus_unregister_notifier(&pci_bus_type, &bypass->primary.pci_nb);
	return err;
}

/**
 * virtnet_bypass_primary_exit() - stop looking for VFs
 * @bypass: the bypass of a netdev that is not registered any more
 *
 * Context: Process context, RTNL not held; may sleep.
 */
void virtnet_bypass_primary_exit(struct virtnet_bypass_info *bypass)
{
	unregister_netdevice_notifier(&bypass->primary.netdev_nb);
	bus_unregister_notifier(&pci_bus_type, &bypass->primary.pci_nb);
	cancel_delayed_work_sync(&bypass->primary.takeover);
	virtnet_bypass_announce_cancel(bypass);
}
