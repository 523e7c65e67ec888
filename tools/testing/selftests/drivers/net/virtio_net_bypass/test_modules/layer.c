// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A VF's driver that does what some drivers of real VFs do, and what no device
 * of an emulator does: a layer between the stack and the driver of a NIC.
 *
 * The netdevs that the PCI driver "driver" registers from now on get it. Its
 * parameters tell what they do wrong from then on, or what their hardware can
 * do (hardware.c), "command" what they do now:
 *
 *   stop       take no packets, all tx queues are stopped
 *   old-stop   the same, as it looks if that was three seconds ago
 *   start      take packets again, and schedule nobody
 *   wake       take packets again, and say so
 *   blink      say so for a moment, which this CPU lets nobody hear in time
 *   break      be set down within the next burst, when BQL has had enough
 *   detach     leave the stack, as for a reset
 *   suspend    lose carrier and leave the stack before anybody is told
 *   resume     come back, with carrier
 *   carrier-off, carrier-on
 *   learn      the MAC address that "late_mac" has held back, told to nobody
 *   forget     another MAC address, told to nobody
 *   find-qdisc hold the netdev's qdisc for two seconds, without RTNL, as
 *              whoever looks for one to put a filter on does for a moment
 */
#include <linux/bpf.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netpoll.h>
#include <linux/nmi.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/pkt_sched.h>
#include <net/sch_generic.h>
#include <net/xdp.h>

#include "layer.h"

static char *driver = "";
module_param(driver, charp, 0444);
MODULE_PARM_DESC(driver, "PCI driver whose netdevs get the layer");

static int fail_open;
module_param(fail_open, int, 0644);
MODULE_PARM_DESC(fail_open, "how many of the next opens fail");

static int fail_mtu;
module_param(fail_mtu, int, 0644);
MODULE_PARM_DESC(fail_mtu, "how many of the next changes of the MTU fail");

static bool takes_frames;
module_param(takes_frames, bool, 0444);
MODULE_PARM_DESC(takes_frames, "there is XDP, but for frames in one piece only");

static bool zero_stats;
module_param(zero_stats, bool, 0644);
MODULE_PARM_DESC(zero_stats, "all counters read as zero");

static int used_queues;
module_param(used_queues, int, 0444);
MODULE_PARM_DESC(used_queues, "tx queues while it is up; all it has, while down");

static bool late_mac;
module_param(late_mac, bool, 0644);
MODULE_PARM_DESC(late_mac, "register with a random MAC address");

static int fail_rxfh;
module_param(fail_rxfh, int, 0644);
MODULE_PARM_DESC(fail_rxfh, "how many of the next changes of the receive hash fail");

static uint slow_check;
module_param(slow_check, uint, 0644);
MODULE_PARM_DESC(slow_check, "how long it takes to look at a packet of several segments, us");

static uint pause;
module_param(pause, uint, 0644);
MODULE_PARM_DESC(pause, "after so many packets it takes none, until the last CPU says so");

static uint false_wakes;
module_param(false_wakes, uint, 0644);
MODULE_PARM_DESC(false_wakes, "how often it says so before, and takes none");

static int counter_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(kp->arg));
}

static const struct kernel_param_ops counter_ops = {
	.get = counter_get,
};

static atomic_t misfits;
module_param_cb(misfits, &counter_ops, &misfits, 0444);
MODULE_PARM_DESC(misfits, "packets that the netdev does not say it can send");

static atomic_t unrung;
module_param_cb(unrung, &counter_ops, &unrung, 0444);
MODULE_PARM_DESC(unrung, "bursts that \"break\" has left without their end");

static bool sum_complete;
module_param(sum_complete, bool, 0444);
MODULE_PARM_DESC(sum_complete, "packets come with the sum of their whole data");

static atomic_t calls_detached;
module_param_cb(calls_detached, &counter_ops, &calls_detached, 0444);
MODULE_PARM_DESC(calls_detached, "how often it was called while detached");

static atomic_t vlans_added;
module_param_cb(vlans_added, &counter_ops, &vlans_added, 0444);
MODULE_PARM_DESC(vlans_added, "how often a VLAN was added to a filter");

static LIST_HEAD(test_vfs);

static struct test_vf *test_vf_of(const struct net_device *dev)
{
	return container_of(dev->netdev_ops, struct test_vf, ndo);
}

/* Count one of the failures that were asked for down */
static bool test_vf_fails(int *left)
{
	ASSERT_RTNL();

	if (!*left)
		return false;
	--*left;
	return true;
}

static int test_vf_open(struct net_device *dev)
{
	int err;

	if (test_vf_fails(&fail_open))
		return -EAGAIN;
	err = test_vf_of(dev)->orig->ndo_open(dev);
	if (!err && used_queues)
		netif_set_real_num_tx_queues(dev, used_queues);
	return err;
}

static int test_vf_change_mtu(struct net_device *dev, int mtu)
{
	if (test_vf_fails(&fail_mtu))
		return -EAGAIN;
	return test_vf_of(dev)->orig->ndo_change_mtu(dev, mtu);
}

/* A sender who saw that it takes no packets stops his queue under its lock, and
 * is waited for: he would stop it for good.
 */
static void test_vf_resume_tx(struct test_vf *vf,
			      void (*resume)(struct netdev_queue *txq))
{
	struct netdev_queue *txq;
	unsigned int i;

	for (i = 0; i < vf->dev->num_tx_queues; i++) {
		txq = netdev_get_tx_queue(vf->dev, i);
		__netif_tx_lock_bh(txq);
		resume(txq);
		__netif_tx_unlock_bh(txq);
	}
}

static void test_vf_wake(struct test_vf *vf)
{
	WRITE_ONCE(vf->stopped, false);
	test_vf_resume_tx(vf, netif_tx_wake_queue);
}

static void test_vf_go_on(struct work_struct *work)
{
	struct test_vf *vf = container_of(work, struct test_vf, go_on);
	unsigned int i;

	for (i = 0; i < READ_ONCE(false_wakes); i++)
		test_vf_resume_tx(vf, netif_tx_wake_queue);
	test_vf_wake(vf);
}

/* As one whose ring is full, and whose interrupts go to the last CPU */
static void test_vf_pause(struct test_vf *vf, struct netdev_queue *txq)
{
	if (!READ_ONCE(pause) || ++vf->taken < READ_ONCE(pause))
		return;
	vf->taken = 0;
	WRITE_ONCE(vf->stopped, true);
	netif_tx_stop_queue(txq);
	schedule_work_on(cpumask_last(cpu_online_mask), &vf->go_on);
}

/* A driver tells its hardware of a burst at its end, or when it has stopped its
 * queue. BQL's stop is none: mlx5 asks for its own only. By the end of this
 * burst the netdev is going down, and this CPU does nothing else meanwhile.
 */
static void test_vf_break_burst(struct test_vf *vf, struct netdev_queue *txq)
{
	unsigned int cpu = smp_processor_id();
	unsigned int ms;

	vf->in_burst = netdev_xmit_more() && !netif_tx_queue_stopped(txq);
	if (!vf->in_burst || !READ_ONCE(vf->breaks))
		return;

	WRITE_ONCE(vf->breaks, false);
	set_bit(__QUEUE_STATE_STACK_XOFF, &txq->state);
	schedule_work_on(cpumask_any_but(cpu_online_mask, cpu), &vf->go_down);
	for (ms = 0; ms < 200 && !READ_ONCE(vf->goes_down); ms++)
		mdelay(1);
	mdelay(20);
	schedule_work_on(cpu, &vf->burst_over);
}

static void test_vf_go_down(struct work_struct *work)
{
	struct test_vf *vf = container_of(work, struct test_vf, go_down);

	/* Whoever removes the layer waits for this with the lock held */
	if (!rtnl_trylock()) {
		schedule_work(work);
		return;
	}
	WRITE_ONCE(vf->goes_down, true);
	dev_close(vf->dev);
	WRITE_ONCE(vf->goes_down, false);
	rtnl_unlock();
}

static void test_vf_burst_over(struct work_struct *work)
{
	struct test_vf *vf = container_of(work, struct test_vf, burst_over);

	if (READ_ONCE(vf->in_burst))
		atomic_inc(&unrung);
}

static netdev_tx_t test_vf_start_xmit(struct sk_buff *skb,
				      struct net_device *dev)
{
	struct test_vf *vf = test_vf_of(dev);
	struct netdev_queue *txq;
	netdev_tx_t ret;

	txq = netdev_get_tx_queue(dev, skb_get_queue_mapping(skb));
	if (READ_ONCE(vf->stopped)) {
		netif_tx_stop_queue(txq);
		return NETDEV_TX_BUSY;
	}
	if (!test_hardware_fits(dev, skb))
		atomic_inc(&misfits);
	if (test_hardware_has_work(skb))
		ret = test_hardware_xmit(vf->orig, skb, dev);
	else
		ret = vf->orig->ndo_start_xmit(skb, dev);
	test_vf_pause(vf, txq);
	test_vf_break_burst(vf, txq);
	return ret;
}

/* For what the hardware does itself the driver below is not asked */
static netdev_features_t test_vf_features_check(struct sk_buff *skb,
						struct net_device *dev,
						netdev_features_t features)
{
	const struct net_device_ops *orig = test_vf_of(dev)->orig;

	if (skb_is_gso(skb) && READ_ONCE(slow_check))
		udelay(READ_ONCE(slow_check));
	if (orig->ndo_features_check && !test_hardware_has_work(skb))
		return orig->ndo_features_check(skb, dev, features);
	return vlan_features_check(skb, features);
}

/* Of a frame with fragments such a driver would send the first one */
static int test_vf_xdp_xmit(struct net_device *dev, int n,
			    struct xdp_frame **frames, u32 flags)
{
	struct sk_buff *skb;
	int i;

	for (i = 0; i < n; i++) {
		if (xdp_frame_has_frags(frames[i]))
			atomic_inc(&misfits);
		skb = xdp_build_skb_from_frame(frames[i], dev);
		if (!skb)
			break;
		skb_push(skb, ETH_HLEN);
		dev_queue_xmit(skb);
	}
	return i;
}

static void test_vf_get_stats64(struct net_device *dev,
				struct rtnl_link_stats64 *stats)
{
	const struct net_device_ops *orig = test_vf_of(dev)->orig;

	if (READ_ONCE(zero_stats))
		memset(stats, 0, sizeof(*stats));
	else if (orig->ndo_get_stats64)
		orig->ndo_get_stats64(dev, stats);
	else
		netdev_stats_to_stats64(stats, &dev->stats);
}

static int test_vf_vlan_add(struct net_device *dev, __be16 proto, u16 vid)
{
	atomic_inc(&vlans_added);
	return test_vf_of(dev)->orig->ndo_vlan_rx_add_vid(dev, proto, vid);
}

/* The core does not call a driver that has detached its netdev */
static void test_vf_called(const struct net_device *dev)
{
	if (!netif_device_present(dev))
		atomic_inc(&calls_detached);
}

static int test_vf_set_features(struct net_device *dev,
				netdev_features_t features)
{
	const struct net_device_ops *orig = test_vf_of(dev)->orig;

	test_vf_called(dev);
	return orig->ndo_set_features ? orig->ndo_set_features(dev, features) :
					0;
}

static int test_vf_bpf(struct net_device *dev, struct netdev_bpf *xdp)
{
	const struct net_device_ops *orig = test_vf_of(dev)->orig;

	test_vf_called(dev);
	if (takes_frames && xdp->command == XDP_SETUP_PROG) {
		swap(test_vf_of(dev)->prog, xdp->prog);
		if (xdp->prog)
			bpf_prog_put(xdp->prog);
		return 0;
	}
	return orig->ndo_bpf ? orig->ndo_bpf(dev, xdp) : -EOPNOTSUPP;
}

static int test_vf_get_link(struct net_device *dev,
			    struct ethtool_link_ksettings *cmd)
{
	test_vf_called(dev);
	return test_vf_of(dev)->orig_ethtool->get_link_ksettings(dev, cmd);
}

#ifdef TEST_VF_HAVE_RXFH_PARAM
static int test_vf_set_rxfh(struct net_device *dev,
			    struct ethtool_rxfh_param *rxfh,
			    struct netlink_ext_ack *extack)
{
	if (test_vf_fails(&fail_rxfh))
		return -EAGAIN;
	return test_vf_of(dev)->orig_ethtool->set_rxfh(dev, rxfh, extack);
}
#else
static int test_vf_set_rxfh(struct net_device *dev, const u32 *indir,
			    const u8 *key, const u8 hfunc)
{
	if (test_vf_fails(&fail_rxfh))
		return -EAGAIN;
	return test_vf_of(dev)->orig_ethtool->set_rxfh(dev, indir, key, hfunc);
}
#endif

/* As hardware that sums up all of a packet. Of one that GRO has made of several
 * there is no such sum.
 */
static int test_vf_rx(struct sk_buff *skb, struct net_device *dev,
		      struct packet_type *pt, struct net_device *orig_dev)
{
	if (skb->pkt_type != PACKET_OUTGOING && !skb_is_gso(skb)) {
		skb->csum = skb_checksum(skb, 0, skb->len, 0);
		skb->ip_summed = CHECKSUM_COMPLETE;
	}
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static bool test_vf_is_driver_of(const struct net_device *dev)
{
	const struct device *parent = dev->dev.parent;

	return parent && dev_is_pci(parent) && parent->driver &&
	       !strcmp(parent->driver->name, driver);
}

static int test_vf_add(struct net_device *dev)
{
	struct test_vf *vf;

	vf = kzalloc(sizeof(*vf), GFP_KERNEL);
	if (!vf)
		return -ENOMEM;

	vf->dev = dev;
	INIT_WORK(&vf->go_on, test_vf_go_on);
	INIT_WORK(&vf->go_down, test_vf_go_down);
	INIT_WORK(&vf->burst_over, test_vf_burst_over);
	vf->orig = dev->netdev_ops;
	vf->ndo = *dev->netdev_ops;
	vf->ndo.ndo_open = test_vf_open;
	vf->ndo.ndo_start_xmit = test_vf_start_xmit;
	vf->ndo.ndo_get_stats64 = test_vf_get_stats64;
	if (vf->orig->ndo_change_mtu)
		vf->ndo.ndo_change_mtu = test_vf_change_mtu;
	if (vf->orig->ndo_vlan_rx_add_vid)
		vf->ndo.ndo_vlan_rx_add_vid = test_vf_vlan_add;

	vf->ndo.ndo_features_check = test_vf_features_check;
	if (takes_frames)
		vf->ndo.ndo_xdp_xmit = test_vf_xdp_xmit;
	test_hardware_add(dev);

	vf->ndo.ndo_set_features = test_vf_set_features;
	vf->ndo.ndo_bpf = test_vf_bpf;
	vf->orig_ethtool = dev->ethtool_ops;
	vf->ethtool = *dev->ethtool_ops;
	vf->ethtool.get_link_ksettings = test_vf_get_link;
	if (vf->orig_ethtool->set_rxfh)
		vf->ethtool.set_rxfh = test_vf_set_rxfh;
	vf->rx.type = htons(ETH_P_ALL);
	vf->rx.dev = dev;
	vf->rx.func = test_vf_rx;

	ether_addr_copy(vf->mac, dev->dev_addr);
	if (late_mac)
		eth_hw_addr_random(dev);
	dev->netdev_ops = &vf->ndo;
	dev->ethtool_ops = &vf->ethtool;
	if (sum_complete)
		dev_add_pack(&vf->rx);
	list_add(&vf->list, &test_vfs);
	netdev_info(dev, "test_vf: on top of %s\n", driver);
	return 0;
}

static void test_vf_del(struct net_device *dev)
{
	struct test_vf *vf;

	list_for_each_entry(vf, &test_vfs, list) {
		if (vf->dev != dev)
			continue;
		list_del(&vf->list);
		if (sum_complete)
			dev_remove_pack(&vf->rx);
		dev->netdev_ops = vf->orig;
		dev->ethtool_ops = vf->orig_ethtool;
		synchronize_net();
		cancel_work_sync(&vf->go_on);
		cancel_work_sync(&vf->go_down);
		cancel_work_sync(&vf->burst_over);
		kfree(vf);
		return;
	}
}

static int test_vf_event(struct notifier_block *nb, unsigned long event,
			 void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	switch (event) {
	case NETDEV_POST_INIT:
		if (test_vf_is_driver_of(dev))
			return notifier_from_errno(test_vf_add(dev));
		break;
	case NETDEV_UNREGISTER:
		/* Not when it only changes its namespace */
		if (dev->reg_state == NETREG_UNREGISTERING)
			test_vf_del(dev);
		break;
	}
	return NOTIFY_DONE;
}

/* Before all others, so that they see what they are to see */
static struct notifier_block test_vf_nb = {
	.notifier_call	= test_vf_event,
	.priority	= INT_MAX,
};

static void test_vf_stop(struct test_vf *vf)
{
	WRITE_ONCE(vf->stopped, true);
	netif_tx_stop_all_queues(vf->dev);
}

static void test_vf_old_stop(struct test_vf *vf)
{
	struct netdev_queue *txq;
	unsigned int i;

	/* For the driver's own watchdog it is no matter */
	vf->dev->watchdog_timeo = 60 * HZ;
	test_vf_stop(vf);
	for (i = 0; i < vf->dev->num_tx_queues; i++) {
		txq = netdev_get_tx_queue(vf->dev, i);
		WRITE_ONCE(txq->trans_start, jiffies - 3 * HZ);
	}
}

static void test_vf_start(struct test_vf *vf)
{
	WRITE_ONCE(vf->stopped, false);
	test_vf_resume_tx(vf, netif_tx_start_queue);
}

/* The other CPUs see room meanwhile: for longer than the master waits before it
 * looks. Whoever comes finds none.
 */
static void test_vf_blink(struct test_vf *vf)
{
	local_bh_disable();
	test_vf_resume_tx(vf, netif_tx_wake_queue);
	mdelay(60);
	test_vf_stop(vf);
	local_bh_enable();
}

static void test_vf_break(struct test_vf *vf)
{
	WRITE_ONCE(vf->breaks, true);
}

static void test_vf_detach(struct test_vf *vf)
{
	netif_device_detach(vf->dev);
}

static void test_vf_suspend(struct test_vf *vf)
{
	netif_carrier_off(vf->dev);
	netif_device_detach(vf->dev);
}

static void test_vf_resume(struct test_vf *vf)
{
	netif_device_attach(vf->dev);
	netif_carrier_on(vf->dev);
}

static void test_vf_carrier_off(struct test_vf *vf)
{
	netif_carrier_off(vf->dev);
}

static void test_vf_carrier_on(struct test_vf *vf)
{
	netif_carrier_on(vf->dev);
}

static void test_vf_set_mac(struct test_vf *vf, const u8 *mac)
{
	eth_hw_addr_set(vf->dev, mac);
	ether_addr_copy(vf->dev->perm_addr, mac);
}

static void test_vf_learn(struct test_vf *vf)
{
	test_vf_set_mac(vf, vf->mac);
}

static void test_vf_forget(struct test_vf *vf)
{
	u8 mac[ETH_ALEN];

	eth_random_addr(mac);
	eth_hw_addr_set(vf->dev, mac);
}

static struct Qdisc *test_vf_found;

static void test_vf_lose_qdisc(struct work_struct *work)
{
	qdisc_put_unlocked(test_vf_found);
}

static DECLARE_DELAYED_WORK(test_vf_qdisc_work, test_vf_lose_qdisc);

static void test_vf_find_qdisc(struct test_vf *vf)
{
	test_vf_found = rtnl_dereference(vf->dev->qdisc);
	qdisc_refcount_inc(test_vf_found);
	schedule_delayed_work(&test_vf_qdisc_work, 2 * HZ);
}

static const struct {
	const char	*word;
	void		(*run)(struct test_vf *vf);
} test_vf_commands[] = {
	{ "stop", test_vf_stop },
	{ "old-stop", test_vf_old_stop },
	{ "start", test_vf_start },
	{ "wake", test_vf_wake },
	{ "blink", test_vf_blink },
	{ "break", test_vf_break },
	{ "detach", test_vf_detach },
	{ "suspend", test_vf_suspend },
	{ "resume", test_vf_resume },
	{ "carrier-off", test_vf_carrier_off },
	{ "carrier-on", test_vf_carrier_on },
	{ "learn", test_vf_learn },
	{ "forget", test_vf_forget },
	{ "find-qdisc", test_vf_find_qdisc },
};

static int test_vf_command(const char *word, const struct kernel_param *kp)
{
	struct test_vf *vf;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(test_vf_commands); i++) {
		if (sysfs_streq(word, test_vf_commands[i].word))
			break;
	}
	if (i == ARRAY_SIZE(test_vf_commands))
		return -EINVAL;

	rtnl_lock();
	list_for_each_entry(vf, &test_vfs, list)
		test_vf_commands[i].run(vf);
	rtnl_unlock();
	return 0;
}

static const struct kernel_param_ops test_vf_command_ops = {
	.set = test_vf_command,
};
module_param_cb(command, &test_vf_command_ops, NULL, 0200);
MODULE_PARM_DESC(command, "what the netdevs do now");

static atomic_t put_off;
module_param_cb(put_off, &counter_ops, &put_off, 0444);
MODULE_PARM_DESC(put_off, "lines of \"print\" that netpoll left for later");

/* What netpoll has no room for it queues, for a work to send */
static unsigned int test_vf_netpoll_queued(void)
{
	struct netpoll_info *info;
	struct net_device *dev;
	unsigned int n = 0;

	rcu_read_lock();
	for_each_netdev_rcu(&init_net, dev) {
		info = rcu_dereference(dev->npinfo);
		if (info)
			n += skb_queue_len(&info->txq);
	}
	rcu_read_unlock();
	return n;
}

static int netpoll_queue_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%u\n", test_vf_netpoll_queued());
}

static const struct kernel_param_ops netpoll_queue_ops = {
	.get = netpoll_queue_get,
};
module_param_cb(netpoll_queue, &netpoll_queue_ops, NULL, 0444);
MODULE_PARM_DESC(netpoll_queue, "what netpoll has left for later just now");

static int test_vf_print(const char *number, const struct kernel_param *kp)
{
	unsigned int lines, i;
	unsigned long flags;
	int err;

	err = kstrtouint(number, 0, &lines);
	if (err)
		return err;

	local_irq_save(flags);
	for (i = 0; i < lines; i++) {
		pr_alert("test_vf: line %u, interrupts are off\n", i);
		touch_nmi_watchdog();
	}
	atomic_set(&put_off, test_vf_netpoll_queued());
	local_irq_restore(flags);
	return 0;
}

static const struct kernel_param_ops test_vf_print_ops = {
	.set = test_vf_print,
};
module_param_cb(print, &test_vf_print_ops, NULL, 0200);
MODULE_PARM_DESC(print, "so many lines, as a panic does: with interrupts off");

static int __init test_vf_init(void)
{
	return register_netdevice_notifier(&test_vf_nb);
}

static void __exit test_vf_exit(void)
{
	struct test_vf *vf, *next;

	flush_delayed_work(&test_vf_qdisc_work);
	unregister_netdevice_notifier(&test_vf_nb);
	rtnl_lock();
	list_for_each_entry_safe(vf, next, &test_vfs, list)
		test_vf_del(vf->dev);
	rtnl_unlock();
}

module_init(test_vf_init);
module_exit(test_vf_exit);
MODULE_DESCRIPTION("A VF driver that misbehaves, for tests");
MODULE_LICENSE("GPL");
