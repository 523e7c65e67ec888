// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: which CPU sends by which tx queue.
 *
 * virtio_net maps the CPUs to its own queues only, and does so again when their
 * number changes, when a CPU comes or goes, and after a suspend. A VF with more
 * queues needs them spread over all of those.
 */
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "watch.h"
#include "xps.h"

/* One state for all masters, as long as there are any */
static DEFINE_MUTEX(virtnet_bypass_cpuhp_lock);
static enum cpuhp_state bypass_cpuhp;
static unsigned int bypass_cpuhp_users;

/* What is beyond is left of another VF, and serves no CPU */
static void bypass_xps_map(struct net_device *dev, unsigned int queues,
			   struct cpumask *mask)
{
	unsigned int i, n, cpu;

	for (i = 0; i < dev->real_num_tx_queues; i++) {
		cpumask_clear(mask);
		n = 0;
		for_each_possible_cpu(cpu) {
			if (n++ % queues == i)
				cpumask_set_cpu(cpu, mask);
		}
		netif_set_xps_queue(dev, mask, i);
	}
}

/**
 * virtnet_bypass_xps_spread() - spread the CPUs over the tx queues in use
 * @bypass: the bypass
 * @queues: how many these are
 *
 * Done only when their number is another one than the last time, not to
 * override what a user sets later.
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_xps_spread(struct virtnet_bypass_info *bypass,
			       unsigned int queues)
{
	cpumask_var_t mask;

	ASSERT_RTNL();

	if (queues == bypass->xps.queues ||
	    !zalloc_cpumask_var(&mask, GFP_KERNEL))
		return;

	bypass->xps.queues = queues;
	bypass_xps_map(bypass->dev, queues, mask);
	free_cpumask_var(mask);
}

/**
 * virtnet_bypass_xps_again() - spread the CPUs as they were
 * @bypass: the bypass
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_xps_again(struct virtnet_bypass_info *bypass)
{
	unsigned int queues = bypass->xps.queues;

	ASSERT_RTNL();

	if (queues <= bypass->num_sqs)
		return;
	bypass->xps.queues = bypass->num_sqs;
	virtnet_bypass_xps_spread(bypass, queues);
}

/**
 * virtnet_bypass_xps_lost() - virtio_net has mapped the CPUs, or is about to
 * @bypass: the bypass
 *
 * Context: Any.
 */
void virtnet_bypass_xps_lost(struct virtnet_bypass_info *bypass)
{
	virtnet_bypass_again(bypass, VIRTNET_BYPASS_AGAIN_XPS, 0);
}

/* virtio_net maps them by callbacks of its own, before ours or after. Setting a
 * map waits for the end of all of them.
 */
static int bypass_cpu_event(unsigned int cpu, struct hlist_node *node)
{
	struct virtnet_bypass_info *bypass =
		hlist_entry_safe(node, struct virtnet_bypass_info, xps.node);

	virtnet_bypass_xps_lost(bypass);
	return 0;
}

/**
 * virtnet_bypass_xps_init() - begin to look after the CPUs
 * @bypass: the bypass of a netdev that is not registered yet
 *
 * Context: Process context; may sleep.
 * Return: 0 or an error of CPU hotplug.
 */
int virtnet_bypass_xps_init(struct virtnet_bypass_info *bypass)
{
	int err = 0;

	mutex_lock(&virtnet_bypass_cpuhp_lock);
	if (!bypass_cpuhp_users) {
		err = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN,
					      "net/virtnet_bypass:online",
					      bypass_cpu_event,
					      bypass_cpu_event);
		if (err < 0)
			goto unlock;
		bypass_cpuhp = err;
	}

	err = cpuhp_state_add_instance_nocalls(bypass_cpuhp, &bypass->xps.node);
	if (!err)
		bypass_cpuhp_users++;
	else if (!bypass_cpuhp_users)
		cpuhp_remove_multi_state(bypass_cpuhp);
unlock:
	mutex_unlock(&virtnet_bypass_cpuhp_lock);
	return err;
}

/**
 * virtnet_bypass_xps_exit() - undo virtnet_bypass_xps_init()
 * @bypass: the bypass of a netdev that is not registered any more
 *
 * Context: Process context; may sleep.
 */
void virtnet_bypass_xps_exit(struct virtnet_bypass_info *bypass)
{
	mutex_lock(&virtnet_bypass_cpuhp_lock);
	cpuhp_state_remove_instance_nocalls(bypass_cpuhp, &bypass->xps.node);
	if (!--bypass_cpuhp_users)
		cpuhp_remove_multi_state(bypass_cpuhp);
	mutex_unlock(&virtnet_bypass_cpuhp_lock);
}
