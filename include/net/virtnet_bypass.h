/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In-driver failover ("bypass") of virtio_net: what virtio_net.c calls.
 *
 * Every function takes the struct virtnet_bypass_info that
 * virtnet_bypass_create() returned, or NULL on a device that did not
 * negotiate VIRTIO_NET_F_STANDBY. With NULL each one does what stock
 * virtio_net does at that place and nothing else.
 */
#ifndef _NET_VIRTNET_BYPASS_H
#define _NET_VIRTNET_BYPASS_H

#include <linux/netdevice.h>
#include <linux/types.h>

struct sk_buff;
struct virtio_device;
struct virtnet_bypass_info;

unsigned int virtnet_bypass_num_txqs(struct virtio_device *vdev,
				     unsigned int queue_pairs);
struct virtnet_bypass_info *virtnet_bypass_create(struct net_device *dev);
void virtnet_bypass_destroy(struct virtnet_bypass_info *bypass);

int virtnet_bypass_set_txqs(struct virtnet_bypass_info *bypass,
			    struct net_device *dev, unsigned int queue_pairs);
void virtnet_bypass_freeze(struct virtnet_bypass_info *bypass);
void virtnet_bypass_restore(struct virtnet_bypass_info *bypass);

void __virtnet_bypass_carrier(struct virtnet_bypass_info *bypass, bool up);
void __virtnet_bypass_tx_stop(struct virtnet_bypass_info *bypass,
			      struct netdev_queue *txq);
void __virtnet_bypass_tx_wake(struct virtnet_bypass_info *bypass,
			      struct netdev_queue *txq);
bool __virtnet_bypass_tx_full(const struct virtnet_bypass_info *bypass,
			      const struct netdev_queue *txq);
bool __virtnet_bypass_rx_drop(struct virtnet_bypass_info *bypass,
			      struct sk_buff *skb);

/**
 * virtnet_bypass_carrier() - the virtio device's own carrier changed
 * @bypass: bypass of @dev, or NULL
 * @dev: the virtio netdev
 * @up: whether the virtio device has carrier
 *
 * With a bypass the netdev's carrier is that of the virtio device or of a
 * ready VF, so the host may keep the virtio link down for as long as a VF is
 * plugged.
 *
 * Context: Process context; may sleep. RTNL may be held or not.
 */
static inline void virtnet_bypass_carrier(struct virtnet_bypass_info *bypass,
					  struct net_device *dev, bool up)
{
	if (bypass)
		__virtnet_bypass_carrier(bypass, up);
	else if (up)
		netif_carrier_on(dev);
	else
		netif_carrier_off(dev);
}

/**
 * virtnet_bypass_link() - the host set the virtio link up or down
 * @bypass: bypass of @dev, or NULL
 * @dev: the virtio netdev
 * @up: whether the virtio link is up
 *
 * Context: Process context; may sleep. Config change work, no RTNL.
 */
static inline void virtnet_bypass_link(struct virtnet_bypass_info *bypass,
				       struct net_device *dev, bool up)
{
	virtnet_bypass_carrier(bypass, dev, up);
	if (bypass)
		return;
	if (up)
		netif_tx_wake_all_queues(dev);
	else
		netif_tx_stop_all_queues(dev);
}

/**
 * virtnet_bypass_tx_stop() - a virtio send queue cannot take packets
 * @bypass: bypass of the netdev, or NULL
 * @txq: the tx queue whose number is that of the send queue
 *
 * The reason is kept apart from the state of @txq, which the VF's flow
 * control uses as well: each path stops and wakes for itself.
 *
 * Context: Any context, tx lock of @txq held.
 */
static inline void virtnet_bypass_tx_stop(struct virtnet_bypass_info *bypass,
					  struct netdev_queue *txq)
{
	if (bypass)
		__virtnet_bypass_tx_stop(bypass, txq);
	else
		netif_tx_stop_queue(txq);
}

/**
 * virtnet_bypass_tx_wake() - a virtio send queue takes packets again
 * @bypass: bypass of the netdev, or NULL
 * @txq: the tx queue whose number is that of the send queue
 *
 * Context: Any context.
 */
static inline void virtnet_bypass_tx_wake(struct virtnet_bypass_info *bypass,
					  struct netdev_queue *txq)
{
	if (bypass)
		__virtnet_bypass_tx_wake(bypass, txq);
	else
		netif_tx_wake_queue(txq);
}

/**
 * virtnet_bypass_wake_subqueue() - a virtio send queue takes packets again
 * @bypass: bypass of @dev, or NULL
 * @dev: the virtio netdev
 * @index: number of the send queue
 *
 * Context: Any context.
 */
static inline void
virtnet_bypass_wake_subqueue(struct virtnet_bypass_info *bypass,
			     struct net_device *dev, u16 index)
{
	virtnet_bypass_tx_wake(bypass, netdev_get_tx_queue(dev, index));
}

/**
 * virtnet_bypass_tx_start() - a stop turned out not to be needed
 * @bypass: bypass of the netdev, or NULL
 * @txq: the tx queue whose number is that of the send queue
 *
 * Context: Any context, tx lock of @txq held by the sender.
 */
static inline void virtnet_bypass_tx_start(struct virtnet_bypass_info *bypass,
					   struct netdev_queue *txq)
{
	if (bypass)
		__virtnet_bypass_tx_wake(bypass, txq);
	else
		netif_tx_start_queue(txq);
}

/**
 * virtnet_bypass_tx_full() - has a virtio send queue no room?
 * @bypass: bypass of the netdev, or NULL
 * @txq: the tx queue whose number is that of the send queue
 *
 * The host has to be told of a burst whose last packet stopped the queue. What
 * @txq says of it may be gone already: the VF's flow control wakes it without
 * its lock.
 *
 * Context: Any context, tx lock of @txq held.
 * Return: true from virtnet_bypass_tx_stop() on until there is room again;
 * always false without a bypass, where @txq can be relied on.
 */
static inline bool virtnet_bypass_tx_full(struct virtnet_bypass_info *bypass,
					  const struct netdev_queue *txq)
{
	return bypass && __virtnet_bypass_tx_full(bypass, txq);
}

/**
 * virtnet_bypass_rx_drop() - drop what the VF has delivered or sent already
 * @bypass: bypass of the netdev, or NULL
 * @skb: packet received from the virtio device, after eth_type_trans()
 *
 * Context: NAPI poll of the virtio device.
 * Return: true when @skb was a duplicate or an echo and has been freed.
 */
static inline bool virtnet_bypass_rx_drop(struct virtnet_bypass_info *bypass,
					  struct sk_buff *skb)
{
	return bypass && __virtnet_bypass_rx_drop(bypass, skb);
}

#endif /* _NET_VIRTNET_BYPASS_H */
