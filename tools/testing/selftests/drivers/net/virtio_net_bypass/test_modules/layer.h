/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _TEST_VF_LAYER_H
#define _TEST_VF_LAYER_H

#include <linux/ethtool.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>

struct bpf_prog;

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
 * @prog: the program that it says it runs
 * @stopped: it takes no packets
 * @taken: packets since the last pause; under the tx lock of any queue, so that
 *	with several of them it is about that number
 * @go_on: ends a pause
 * @breaks: it is set down within the next burst
 * @in_burst: more was said to follow the last packet; as @taken
 * @go_down: sets it down
 * @goes_down: that is about to be done
 * @burst_over: sees whether it is still @in_burst after the burst
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
	struct bpf_prog			*prog;
	bool				stopped;
	unsigned int			taken;
	struct work_struct		go_on;
	bool				breaks;
	bool				in_burst;
	struct work_struct		go_down;
	bool				goes_down;
	struct work_struct		burst_over;
};

void test_hardware_add(struct net_device *dev);
bool test_hardware_fits(struct net_device *dev, const struct sk_buff *skb);
bool test_hardware_has_work(const struct sk_buff *skb);
netdev_tx_t test_hardware_xmit(const struct net_device_ops *orig,
			       struct sk_buff *skb, struct net_device *dev);

#endif /* _TEST_VF_LAYER_H */
