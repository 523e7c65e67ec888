// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A VF's driver that does what some drivers of real VFs do, and what no device
 * of an emulator does: a layer between the stack and the driver of a NIC.
 *
 * The netdevs that the PCI driver "driver" registers from now on get it. Its
 * parameters tell what they do wrong from then on, "command" what they do now:
 *
 *   stop       take no packets, all tx queues are stopped
 *   old-stop   the same, as it looks if that was three seconds ago
 *   start      take packets again, and schedule nobody
 *   detach     leave the stack, as for a reset
 *   suspend    lose carrier and leave the stack before anybody is told
 *   resume     come back, with carrier
 *   carrier-off, carrier-on
 *   learn      the MAC address that "late_mac" has held back, told to nobody
 *   forget     another MAC address, told to nobody
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <linux/ethtool.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/udp.h>

static char *driver = "";
module_param(driver, charp, 0444);
MODULE_PARM_DESC(driver, "PCI driver whose netdevs get the layer");

static int fail_open;
module_param(fail_open, int, 0644);
MODULE_PARM_DESC(fail_open, "how many of the next opens fail");

static int fail_mtu;
module_param(fail_mtu, int, 0644);
MODULE_PARM_DESC(fail_mtu, "how many of the next changes of the MTU fail");

static bool zero_stats;
module_param(zero_stats, bool, 0644);
MODULE_PARM_DESC(zero_stats, "all counters read as zero");

static int used_queues;
module_param(used_queues, int, 0444);
MODULE_PARM_DESC(used_queues, "tx queues while it is up; all it has, while down");

static bool late_mac;
module_param(late_mac, bool, 0644);
MODULE_PARM_DESC(late_mac, "register with a random MAC address");

static bool ip_csum;
module_param(ip_csum, bool, 0644);
MODULE_PARM_DESC(ip_csum, "checksums of TCP and UDP behind plain IP only");

static atomic_t misfits;

static int misfits_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&misfits));
}

static const struct kernel_param_ops misfits_ops = {
	.get = misfits_get,
};
module_param_cb(misfits, &misfits_ops, NULL, 0444);
MODULE_PARM_DESC(misfits, "packets that the netdev does not say it can send");

static bool sum_complete;
module_param(sum_complete, bool, 0444);
MODULE_PARM_DESC(sum_complete, "packets come with the sum of their whole data");

static atomic_t calls_detached;

static int calls_detached_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&calls_detached));
}

static const struct kernel_param_ops calls_detached_ops = {
	.get = calls_detached_get,
};
module_param_cb(calls_detached, &calls_detached_ops, NULL, 0444);
MODULE_PARM_DESC(calls_detached, "how often it was called while detached");

static atomic_t vlans_added;

static int vlans_added_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&vlans_added));
}

static const struct kernel_param_ops vlans_added_ops = {
	.get = vlans_added_get,
};
module_param_cb(vlans_added, &vlans_added_ops, NULL, 0444);
MODULE_PARM_DESC(vlans_added, "how often a VLAN was added to a filter");

/**
 * struct test_vf - the layer of one netdev
 * @list: in test_vfs, under RTNL
 * @dev: the netdev
 * @orig: its driver's own ops
 * @ndo: the same with ours in them
 * @orig_ethtool: its driver's own ethtool ops
 * @ethtool: the same with ours in them
 * @rx: sees what it receives, before anybody else
 * @mac: the address that the netdev has by its hardware
 * @stopped: it takes no packets
 */
struct test_vf {
	struct list_head		list;
	struct net_device		*dev;
	const struct net_device_ops	*orig;
	struct net_device_ops		ndo;
	const struct ethtool_ops	*orig_ethtool;
	struct ethtool_ops		ethtool;
	struct packet_type		rx;
	u8				mac[ETH_ALEN];
	bool				stopped;
};

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

/* Where TCP or UDP begins behind a plain IP header, or 0 */
static int test_vf_transport(const struct sk_buff *skb, u8 *proto)
{
	const struct iphdr *ip = (const void *)(skb->data + ETH_HLEN);
	const struct ipv6hdr *ip6 = (const void *)ip;

	if (skb->protocol == htons(ETH_P_IP)) {
		*proto = ip->protocol;
		return ETH_HLEN + 4 * ip->ihl;
	}
	if (skb->protocol == htons(ETH_P_IPV6)) {
		*proto = ip6->nexthdr;
		return ETH_HLEN + sizeof(*ip6);
	}
	return 0;
}

static bool test_vf_has_csum(const struct net_device *dev,
			     const struct sk_buff *skb)
{
	int offset, wanted;
	u8 proto = 0;

	if (skb->ip_summed != CHECKSUM_PARTIAL ||
	    dev->features & NETIF_F_HW_CSUM)
		return true;

	offset = test_vf_transport(skb, &proto);
	if (proto == IPPROTO_TCP)
		wanted = offsetof(struct tcphdr, check);
	else if (proto == IPPROTO_UDP)
		wanted = offsetof(struct udphdr, check);
	else
		return false;
	return skb_checksum_start_offset(skb) == offset &&
	       skb->csum_offset == wanted;
}

static bool test_vf_fits(const struct net_device *dev,
			 const struct sk_buff *skb)
{
	netdev_features_t features = dev->features;

	if (skb_is_gso(skb) &&
	    !net_gso_ok(features, skb_shinfo(skb)->gso_type))
		return false;
	if (skb_vlan_tag_present(skb) &&
	    !vlan_hw_offload_capable(features, skb->vlan_proto))
		return false;
	return test_vf_has_csum(dev, skb);
}

static netdev_features_t test_vf_ip_csum(netdev_features_t features)
{
	if (!(features & NETIF_F_HW_CSUM))
		return features;
	return (features & ~NETIF_F_HW_CSUM) |
	       NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM;
}

static netdev_tx_t test_vf_start_xmit(struct sk_buff *skb,
				      struct net_device *dev)
{
	struct test_vf *vf = test_vf_of(dev);
	struct netdev_queue *txq;

	txq = netdev_get_tx_queue(dev, skb_get_queue_mapping(skb));
	if (READ_ONCE(vf->stopped)) {
		netif_tx_stop_queue(txq);
		return NETDEV_TX_BUSY;
	}
	if (!test_vf_fits(dev, skb))
		atomic_inc(&misfits);
	return vf->orig->ndo_start_xmit(skb, dev);
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
	return orig->ndo_bpf ? orig->ndo_bpf(dev, xdp) : -EOPNOTSUPP;
}

static int test_vf_get_link(struct net_device *dev,
			    struct ethtool_link_ksettings *cmd)
{
	test_vf_called(dev);
	return test_vf_of(dev)->orig_ethtool->get_link_ksettings(dev, cmd);
}

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
	vf->orig = dev->netdev_ops;
	vf->ndo = *dev->netdev_ops;
	vf->ndo.ndo_open = test_vf_open;
	vf->ndo.ndo_start_xmit = test_vf_start_xmit;
	vf->ndo.ndo_get_stats64 = test_vf_get_stats64;
	if (vf->orig->ndo_change_mtu)
		vf->ndo.ndo_change_mtu = test_vf_change_mtu;
	if (vf->orig->ndo_vlan_rx_add_vid)
		vf->ndo.ndo_vlan_rx_add_vid = test_vf_vlan_add;

	if (ip_csum) {
		dev->features = test_vf_ip_csum(dev->features);
		dev->hw_features = test_vf_ip_csum(dev->hw_features);
		dev->wanted_features = test_vf_ip_csum(dev->wanted_features);
	}

	vf->ndo.ndo_set_features = test_vf_set_features;
	vf->ndo.ndo_bpf = test_vf_bpf;
	vf->orig_ethtool = dev->ethtool_ops;
	vf->ethtool = *dev->ethtool_ops;
	vf->ethtool.get_link_ksettings = test_vf_get_link;
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
	unsigned int i;

	WRITE_ONCE(vf->stopped, false);
	for (i = 0; i < vf->dev->num_tx_queues; i++)
		netif_tx_start_queue(netdev_get_tx_queue(vf->dev, i));
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

static const struct {
	const char	*word;
	void		(*run)(struct test_vf *vf);
} test_vf_commands[] = {
	{ "stop", test_vf_stop },
	{ "old-stop", test_vf_old_stop },
	{ "start", test_vf_start },
	{ "detach", test_vf_detach },
	{ "suspend", test_vf_suspend },
	{ "resume", test_vf_resume },
	{ "carrier-off", test_vf_carrier_off },
	{ "carrier-on", test_vf_carrier_on },
	{ "learn", test_vf_learn },
	{ "forget", test_vf_forget },
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

static int __init test_vf_init(void)
{
	return register_netdevice_notifier(&test_vf_nb);
}

static void __exit test_vf_exit(void)
{
	struct test_vf *vf, *next;

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
