// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: which tx queue waits, and who wakes it.
 *
 * A tx queue of the master waits for one of three: room in the VF, room in the
 * virtio ring, or the end of a hold. The first two are known by a state of
 * their own (the VF's tx queue, VIRTNET_BYPASS_SQ_STOPPED), so that neither
 * path waits for the other one: whoever stops a queue looks at that state
 * again afterwards, whoever changes it wakes the queue.
 */
#include <linux/netdevice.h>
#include <net/sch_generic.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "flow.h"
#include "watch.h"

/**
 * virtnet_bypass_flow_stop() - a tx queue of the master has to wait
 * @txq: the queue
 *
 * The caller re-checks its reason afterwards and wakes @txq if it is gone.
 * netif_tx_stop_queue() renews trans_start, so that dev_watchdog() counts from
 * here and not from the last packet of an idle queue.
 *
 * Context: Tx lock of @txq held.
 */
void virtnet_bypass_flow_stop(struct netdev_queue *txq)
{
	atomic64_inc(&virtnet_bypass_of(txq->dev)->tx_stop);
	netif_tx_stop_queue(txq);
	/* Pairs with the atomic test-and-clear of whoever wakes @txq */
	smp_mb__after_atomic();
}

/* As virtnet_bypass_flow_stop(), for what goes through a qdisc: BQL wants no
 * more packets, although the driver has room. Who goes around the qdisc (XDP in
 * the stack, PACKET_QDISC_BYPASS) drops what a stopped driver cannot take, but
 * does not ask BQL.
 */
static void bypass_stop_stack(struct netdev_queue *txq)
{
	if (!test_and_set_bit(__QUEUE_STATE_STACK_XOFF, &txq->state))
		atomic64_inc(&virtnet_bypass_of(txq->dev)->tx_stop);
	txq_trans_cond_update(txq);
	/* As above */
	smp_mb__after_atomic();
}

/**
 * virtnet_bypass_flow_stop_for() - a tx queue waits for room in the VF
 * @btxq: the master's
 * @vf_txq: the VF's that is stopped
 *
 * The master's is stopped in the way in which @vf_txq is. A VF with fewer
 * queues than the master has them shared: who waits for which one must not
 * matter then, see virtnet_bypass_flow_room().
 *
 * A driver that stops its queue rings its doorbell, and the core ends the
 * burst. One that BQL has stopped waits for its end, and the burst goes on.
 *
 * Context: Tx lock of the master's queue held.
 */
void virtnet_bypass_flow_stop_for(struct virtnet_bypass_txq *btxq,
				  const struct netdev_queue *vf_txq)
{
	struct netdev_queue *txq = btxq->txq;
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(txq->dev);

	if (virtnet_bypass_txq_index(vf_txq) != virtnet_bypass_txq_index(txq))
		WRITE_ONCE(bypass->vf_shared, true);
	if ((READ_ONCE(vf_txq->state) & QUEUE_STATE_ANY_XOFF) ==
	    QUEUE_STATE_STACK_XOFF) {
		bypass_stop_stack(txq);
	} else {
		btxq->vf_burst = false;
		virtnet_bypass_flow_stop(txq);
	}
	virtnet_bypass_watch(bypass);
}

/**
 * virtnet_bypass_flow_wake() - let a tx queue of the master go on
 * @txq: the queue, which a VF or its BQL may have stopped
 *
 * Context: Any.
 */
void virtnet_bypass_flow_wake(struct netdev_queue *txq)
{
	if (test_bit(__QUEUE_STATE_STACK_XOFF, &txq->state)) {
		clear_bit(__QUEUE_STATE_STACK_XOFF, &txq->state);
		netif_schedule_queue(txq);
	}
	netif_tx_wake_queue(txq);
}

/**
 * virtnet_bypass_flow_room() - a tx queue of the VF has room
 * @bypass: the bypass
 * @index: its number
 *
 * Wakes the queues of the master that may wait for it: the one of the same
 * number, and all others as soon as any of them had to share. Whose room a
 * sharer waits for depends on the number of the VF's queues, which its driver
 * may have changed since.
 *
 * Context: Softirq or BH disabled.
 */
void virtnet_bypass_flow_room(struct virtnet_bypass_info *bypass,
			      unsigned int index)
{
	struct net_device *dev = bypass->dev;
	unsigned int queues = READ_ONCE(dev->real_num_tx_queues);
	unsigned int i;

	/* Pairs with virtnet_bypass_flow_stop(): the room that was made must be
	 * seen by whoever stopped a queue for the lack of it.
	 */
	smp_mb();
	if (index < queues)
		virtnet_bypass_flow_wake(netdev_get_tx_queue(dev, index));
	if (!READ_ONCE(bypass->vf_shared))
		return;
	for (i = 0; i < queues; i++)
		virtnet_bypass_flow_wake(netdev_get_tx_queue(dev, i));
}

/**
 * virtnet_bypass_flow_wake_all() - let every tx queue find its stop state anew
 * @bypass: the bypass
 *
 * Under each tx lock, so that a sender which still saw the old path has
 * finished, and its stop is cleared, before the queue is woken. BQL's stop
 * was made for bytes on the path that was left.
 *
 * Context: Process context or softirq.
 */
void virtnet_bypass_flow_wake_all(struct virtnet_bypass_info *bypass)
{
	struct net_device *dev = bypass->dev;
	struct netdev_queue *txq;
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++) {
		txq = netdev_get_tx_queue(dev, i);

		__netif_tx_lock_bh(txq);
		netif_tx_start_queue(txq);
#ifdef CONFIG_BQL
		clear_bit(__QUEUE_STATE_STACK_XOFF, &txq->state);
#endif
		__netif_tx_unlock_bh(txq);
		netif_schedule_queue(txq);
	}
}

/**
 * virtnet_bypass_flow_waits() - does the master wait for room?
 * @bypass: the bypass
 *
 * Who makes it schedules the shim, which wakes the master later, and not at all
 * if there is none again until then. Nobody meets that while the master waits.
 *
 * Context: Any.
 * Return: true if any of its tx queues is stopped.
 */
bool virtnet_bypass_flow_waits(const struct virtnet_bypass_info *bypass)
{
	struct net_device *dev = bypass->dev;
	unsigned int i;

	for (i = 0; i < READ_ONCE(dev->real_num_tx_queues); i++) {
		if (netif_xmit_stopped(netdev_get_tx_queue(dev, i)))
			return true;
	}
	return false;
}

/**
 * __virtnet_bypass_tx_stop() - a virtio send queue cannot take packets
 * @bypass: the bypass
 * @txq: the master's tx queue of the same number
 *
 * The master's queue is stopped too, unless a VF is in use: XDP_TX by a program
 * on standby fills the ring as well, and the VF's traffic does not wait for
 * that. A switch of the path comes after us by the tx lock, and wakes the
 * queue; who sends by standby looks at the send queue first.
 *
 * Context: Any, tx lock of @txq held.
 */
void __virtnet_bypass_tx_stop(struct virtnet_bypass_info *bypass,
			      struct netdev_queue *txq)
{
	unsigned int index = virtnet_bypass_txq_index(txq);

	atomic64_inc(&bypass->tx_stop);
	set_bit(VIRTNET_BYPASS_SQ_STOPPED, &bypass->txq[index].state);
	if (!rcu_access_pointer(bypass->active))
		netif_tx_stop_queue(txq);
}

/**
 * __virtnet_bypass_tx_full() - has a virtio send queue no room?
 * @bypass: the bypass
 * @txq: the master's tx queue of the same number
 *
 * Context: Any, tx lock of @txq held.
 * Return: true if it has none.
 */
bool __virtnet_bypass_tx_full(const struct virtnet_bypass_info *bypass,
			      const struct netdev_queue *txq)
{
	unsigned int index = virtnet_bypass_txq_index(txq);

	return test_bit(VIRTNET_BYPASS_SQ_STOPPED, &bypass->txq[index].state);
}

/**
 * __virtnet_bypass_tx_wake() - a virtio send queue takes packets again
 * @bypass: the bypass
 * @txq: the master's tx queue of the same number
 *
 * Wakes every queue that may use the send queue, its own and the borrowers.
 * virtio_net calls this on each poll: nothing to do if it had not stopped.
 *
 * Context: Any.
 */
void __virtnet_bypass_tx_wake(struct virtnet_bypass_info *bypass,
			      struct netdev_queue *txq)
{
	struct net_device *dev = bypass->dev;
	unsigned int index = virtnet_bypass_txq_index(txq);
	unsigned long *state = &bypass->txq[index].state;
	unsigned int i;

	if (!test_bit(VIRTNET_BYPASS_SQ_STOPPED, state) ||
	    !test_and_clear_bit(VIRTNET_BYPASS_SQ_STOPPED, state))
		return;

	netif_tx_wake_queue(txq);
	/* Whose queue a borrower waits for may have changed: wake them all */
	for (i = READ_ONCE(bypass->num_sqs);
	     i < READ_ONCE(dev->real_num_tx_queues); i++)
		netif_tx_wake_queue(netdev_get_tx_queue(dev, i));
}

/**
 * virtnet_bypass_flow_restore() - the virtio device has new, empty rings
 * @bypass: the bypass
 *
 * Context: Process context. Nobody sends by standby.
 */
void virtnet_bypass_flow_restore(struct virtnet_bypass_info *bypass)
{
	unsigned int i;

	for (i = 0; i < bypass->dev->num_tx_queues; i++)
		clear_bit(VIRTNET_BYPASS_SQ_STOPPED, &bypass->txq[i].state);
}
