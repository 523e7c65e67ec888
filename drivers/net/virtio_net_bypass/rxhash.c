// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: the receive hash.
 *
 * What a user set on the master (hash key, fields that are hashed, table of rx
 * queues) is set on the VF as well, as far as the VF has the like: a key of the
 * same size, a table that can be made as large, and the rx queues that the
 * table names. What was never set on the master is left to each device.
 */
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/virtnet_bypass.h>

#include "bypass.h"
#include "compat.h"
#include "rxhash.h"
#include "switch.h"
#include "watch.h"

/* One second apart */
#define VIRTNET_BYPASS_RXHASH_TRIES	5

static u32 bypass_rxfh_size(struct net_device *dev,
			    u32 (*size)(struct net_device *dev))
{
	return size ? size(dev) : 0;
}

static u32 bypass_rx_rings(struct net_device *vf)
{
	struct ethtool_rxnfc info = { .cmd = ETHTOOL_GRXRINGS };
	const struct ethtool_ops *ops = vf->ethtool_ops;

	if (!ops->get_rxnfc || ops->get_rxnfc(vf, &info, NULL))
		return vf->real_num_rx_queues;
	return info.data;
}

/* The master's table, of @size entries, made as large as that of a VF. The hash
 * modulo the size chooses the entry, so a table that repeats itself distributes
 * as the short one does. Returns NULL if the VF cannot have the like.
 */
static u32 *bypass_vf_table(struct net_device *vf, const u32 *table,
			    u32 size, u32 vf_size)
{
	u32 rings = bypass_rx_rings(vf);
	u32 *vf_table;
	u32 i;

	if (!size || !vf_size || (size % vf_size && vf_size % size))
		return NULL;
	for (i = 0; i < size; i++) {
		if (table[i] >= rings || table[i] != table[i % vf_size])
			return NULL;
	}

	vf_table = kcalloc(vf_size, sizeof(*vf_table), GFP_KERNEL);
	if (!vf_table)
		return NULL;
	for (i = 0; i < vf_size; i++)
		vf_table[i] = table[i % size];
	return vf_table;
}

/* Where there is one queue, nothing is distributed */
static void bypass_rxhash_lacks(struct virtnet_bypass_info *bypass,
				struct net_device *vf, const char *what,
				u32 size, u32 vf_size)
{
	if (bypass_rx_rings(vf) > 1)
		netdev_warn(bypass->dev, "bypass: VF %s has not the receive hash's %s of size %u: its own has %u, and %u queues\n",
			    netdev_name(vf), what, size, vf_size,
			    bypass_rx_rings(vf));
}

static int bypass_table_to_vf(struct virtnet_bypass_info *bypass,
			      struct net_device *vf, const u32 *table, u32 size)
{
	const struct ethtool_ops *ops = vf->ethtool_ops;
	struct ethtool_rxfh_param param;
	int err;

	virtnet_bypass_rxfh_no_change(&param);
	param.indir_size = bypass_rxfh_size(vf, ops->get_rxfh_indir_size);
	param.indir = bypass_vf_table(vf, table, size, param.indir_size);
	if (!param.indir) {
		bypass_rxhash_lacks(bypass, vf, "table", size,
				    param.indir_size);
		return 0;
	}

	err = virtnet_bypass_call_set_rxfh(vf, ops, &param);
	if (!err) {
		virtnet_bypass_set_rxfh_configured(vf, true);
		bypass->rxhash.on_vf = true;
	}
	kfree(param.indir);
	return err;
}

/* The table that a VF has when nobody sets one, if its own is of our making */
static int bypass_table_off_vf(struct virtnet_bypass_info *bypass,
			       struct net_device *vf)
{
	const struct ethtool_ops *ops = vf->ethtool_ops;
	struct ethtool_rxfh_param param;
	u32 i, rings;
	int err;

	if (!bypass->rxhash.on_vf || !virtnet_bypass_can_tell(bypass, vf))
		return 0;

	virtnet_bypass_rxfh_no_change(&param);
	rings = bypass_rx_rings(vf);
	param.indir_size = bypass_rxfh_size(vf, ops->get_rxfh_indir_size);
	param.indir = kcalloc(param.indir_size, sizeof(u32), GFP_KERNEL);
	if (!param.indir)
		return -ENOMEM;
	for (i = 0; i < param.indir_size; i++)
		param.indir[i] = ethtool_rxfh_indir_default(i, rings);

	err = virtnet_bypass_call_set_rxfh(vf, ops, &param);
	if (!err) {
		virtnet_bypass_set_rxfh_configured(vf, false);
		bypass->rxhash.on_vf = false;
	}
	kfree(param.indir);
	return err;
}

static int bypass_key_to_vf(struct virtnet_bypass_info *bypass,
			    struct net_device *vf, u8 *key, u32 size)
{
	const struct ethtool_ops *ops = vf->ethtool_ops;
	u32 vf_size = bypass_rxfh_size(vf, ops->get_rxfh_key_size);
	struct ethtool_rxfh_param param;

	if (vf_size != size) {
		bypass_rxhash_lacks(bypass, vf, "key", size, vf_size);
		return 0;
	}

	virtnet_bypass_rxfh_no_change(&param);
	param.key_size = size;
	param.key = key;
	return virtnet_bypass_call_set_rxfh(vf, ops, &param);
}

/* Set on the VF what it can take of @rxfh, whose sizes are the master's. A
 * VF that says it has nothing of the kind did not fail.
 */
static int bypass_rxfh_to_vf(struct virtnet_bypass_info *bypass,
			     struct net_device *vf,
			     const struct ethtool_rxfh_param *rxfh)
{
	const struct ethtool_ops *orig = bypass->orig_ethtool;
	struct net_device *dev = bypass->dev;
	u32 size;
	int err = 0;

	if (!vf->ethtool_ops->set_rxfh || !virtnet_bypass_can_tell(bypass, vf))
		return 0;

	size = bypass_rxfh_size(dev, orig->get_rxfh_key_size);
	if (rxfh->key)
		err = bypass_key_to_vf(bypass, vf, rxfh->key, size);
	if (err && err != -EOPNOTSUPP)
		return err;

	size = bypass_rxfh_size(dev, orig->get_rxfh_indir_size);
	err = 0;
	if (rxfh->indir)
		err = bypass_table_to_vf(bypass, vf, rxfh->indir, size);
	return err == -EOPNOTSUPP ? 0 : err;
}

/* Is it the table that the core makes when it is told to go back to the
 * default? A user may also have asked for just that.
 */
static bool
bypass_table_is_default(struct net_device *dev,
			const struct ethtool_rxfh_param *rxfh, u32 size)
{
	u32 rings = bypass_rx_rings(dev);
	u32 i;

	for (i = 0; rxfh->indir && i < size; i++) {
		if (rxfh->indir[i] != ethtool_rxfh_indir_default(i, rings))
			return false;
	}
	return rxfh->indir;
}

/* What the master has, in one allocation with room for both parts */
static void *bypass_rxfh_read(struct virtnet_bypass_info *bypass,
			      struct ethtool_rxfh_param *rxfh)
{
	const struct ethtool_ops *orig = bypass->orig_ethtool;
	struct net_device *dev = bypass->dev;
	u32 indir, key;
	void *data;

	memset(rxfh, 0, sizeof(*rxfh));
	indir = bypass_rxfh_size(dev, orig->get_rxfh_indir_size);
	key = bypass_rxfh_size(dev, orig->get_rxfh_key_size);
	data = kzalloc(indir * sizeof(u32) + key, GFP_KERNEL);
	if (!data)
		return NULL;

	rxfh->indir_size = indir;
	rxfh->indir = indir ? data : NULL;
	rxfh->key_size = key;
	rxfh->key = key ? data + indir * sizeof(u32) : NULL;
	if (virtnet_bypass_call_get_rxfh(dev, orig, rxfh)) {
		kfree(data);
		return NULL;
	}
	return data;
}

static int bypass_rxfh_replay(struct virtnet_bypass_info *bypass,
			      struct net_device *vf)
{
	struct ethtool_rxfh_param rxfh;
	void *data;
	int err;

	if (!bypass->rxhash.set)
		return 0;

	data = bypass_rxfh_read(bypass, &rxfh);
	if (!data)
		return -ENOMEM;
	/* A table that follows the number of queues is each device's own */
	if (!netif_is_rxfh_configured(bypass->dev))
		rxfh.indir = NULL;
	err = bypass_rxfh_to_vf(bypass, vf, &rxfh);
	if (!err && !rxfh.indir)
		err = bypass_table_off_vf(bypass, vf);
	kfree(data);
	return err;
}

static void bypass_rxhash_refused(struct virtnet_bypass_info *bypass,
				  struct net_device *vf, int err, int own_err)
{
	netdev_err(bypass->dev, "bypass: receive hash refused by VF %s: error %d\n",
		   netdev_name(vf), err);
	if (own_err)
		netdev_err(bypass->dev, "bypass: the new receive hash stays here: error %d\n",
			   own_err);
}

/**
 * virtnet_bypass_rxfh_change() - what set_rxfh of the master does
 * @dev: the master
 * @rxfh: function, table and key
 *
 * virtio takes it first: what it had can be read whole and set again if the VF
 * refuses, which not every VF's driver could do.
 *
 * Context: RTNL held; may sleep.
 * Return: 0, -ENOMEM, or the error of the path that refuses it.
 */
int virtnet_bypass_rxfh_change(struct net_device *dev,
			       struct ethtool_rxfh_param *rxfh)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	struct ethtool_rxfh_param rest = *rxfh;
	struct ethtool_rxfh_param old;
	int own_err, err;
	void *data;

	data = bypass_rxfh_read(bypass, &old);
	if (!data)
		return -ENOMEM;

	err = virtnet_bypass_call_set_rxfh(dev, bypass->orig_ethtool, rxfh);
	if (err)
		goto out;

	/* Only when we have returned does the core tell which of both it is;
	 * the VF is given it then
	 */
	if (bypass_table_is_default(dev, rxfh, old.indir_size)) {
		virtnet_bypass_again(bypass, VIRTNET_BYPASS_AGAIN_RXHASH, 0);
		bypass->rxhash.tries = VIRTNET_BYPASS_RXHASH_TRIES;
		rest.indir = NULL;
	}

	err = vf ? bypass_rxfh_to_vf(bypass, vf, &rest) : 0;
	if (err) {
		own_err = virtnet_bypass_call_set_rxfh(dev,
						       bypass->orig_ethtool,
						       &old);
		bypass_rxhash_refused(bypass, vf, err, own_err);
		goto out;
	}
	bypass->rxhash.set = true;

out:
	kfree(data);
	return err;
}

/* The fields that are hashed for one type of flow */
static int bypass_fields_to_vf(struct virtnet_bypass_info *bypass,
			       struct net_device *vf,
			       struct ethtool_rxnfc *info)
{
	int err;

	if (!virtnet_bypass_can_tell(bypass, vf))
		return 0;
	err = virtnet_bypass_set_rxfh_fields(vf, info);
	return err == -EOPNOTSUPP ? 0 : err;
}

/* The master's own, ready to be set */
static int bypass_fields_read(struct virtnet_bypass_info *bypass,
			      u32 flow_type, struct ethtool_rxnfc *info)
{
	int err;

	memset(info, 0, sizeof(*info));
	info->cmd = ETHTOOL_GRXFH;
	info->flow_type = flow_type;
	err = bypass->orig_ethtool->get_rxnfc(bypass->dev, info, NULL);
	info->cmd = ETHTOOL_SRXFH;
	return err;
}

static int bypass_fields_replay(struct virtnet_bypass_info *bypass,
				struct net_device *vf, u32 flow_type)
{
	struct ethtool_rxnfc info;
	int err;

	err = bypass_fields_read(bypass, flow_type, &info);
	return err ?: bypass_fields_to_vf(bypass, vf, &info);
}

static int bypass_fields_change(struct net_device *dev,
				struct ethtool_rxnfc *info)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	u32 flow_type = info->flow_type;
	struct ethtool_rxnfc old;
	int own_err, err;

	err = bypass_fields_read(bypass, flow_type, &old);
	if (err)
		return err;

	err = bypass->orig_ethtool->set_rxnfc(dev, info);
	if (err)
		return err;

	err = vf ? bypass_fields_to_vf(bypass, vf, info) : 0;
	if (err) {
		own_err = bypass->orig_ethtool->set_rxnfc(dev, &old);
		bypass_rxhash_refused(bypass, vf, err, own_err);
		return err;
	}

	/* Those with hash options are numbers below 32
	 * (include/uapi/linux/ethtool.h)
	 */
	if (flow_type < BITS_PER_LONG)
		bypass->rxhash.fields_set |= BIT(flow_type);
	return 0;
}

/**
 * virtnet_bypass_set_rxnfc() - set_rxnfc of the master
 * @dev: the master
 * @info: the fields to hash, of one type of flow
 *
 * Context: RTNL held; may sleep.
 * Return: 0, or the error of the path that refuses it.
 */
int virtnet_bypass_set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info)
{
	struct virtnet_bypass_info *bypass = virtnet_bypass_of(dev);

	if (info->cmd == ETHTOOL_SRXFH)
		return bypass_fields_change(dev, info);
	return bypass->orig_ethtool->set_rxnfc(dev, info);
}

static int bypass_rxhash_replay(struct virtnet_bypass_info *bypass,
				struct net_device *vf)
{
	unsigned int flow_type;
	int err, ret;

	ret = bypass_rxfh_replay(bypass, vf);
	for_each_set_bit(flow_type, &bypass->rxhash.fields_set, BITS_PER_LONG) {
		err = bypass_fields_replay(bypass, vf, flow_type);
		ret = ret ?: err;
	}
	return ret;
}

/**
 * virtnet_bypass_rxhash_again() - let a VF hash as the master does
 * @bypass: the bypass
 *
 * A driver may be busy with its PF, or hold a lock of its own, and refuse what
 * it takes a second later. A VF that cannot is used all the same: it only
 * distributes what it receives in another way.
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_rxhash_again(struct virtnet_bypass_info *bypass)
{
	struct net_device *vf = virtnet_bypass_vf_rtnl(bypass);
	int err;

	ASSERT_RTNL();

	if (!vf || !bypass->rxhash.tries)
		return;
	err = bypass_rxhash_replay(bypass, vf);
	if (!err) {
		bypass->rxhash.tries = 0;
		return;
	}

	if (--bypass->rxhash.tries)
		virtnet_bypass_again(bypass, VIRTNET_BYPASS_AGAIN_RXHASH, HZ);
	else
		netdev_warn(bypass->dev, "bypass: VF %s keeps its receive hash: error %d\n",
			    netdev_name(vf), err);
}

/**
 * virtnet_bypass_rxhash_tell() - let a VF that was away hash as the master does
 * @bypass: the bypass
 * @vf: a VF that is linked to the master
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_rxhash_tell(struct virtnet_bypass_info *bypass,
				struct net_device *vf)
{
	ASSERT_RTNL();

	bypass->rxhash.tries = 0;
	if (!bypass_rxhash_replay(bypass, vf))
		return;
	bypass->rxhash.tries = VIRTNET_BYPASS_RXHASH_TRIES;
	virtnet_bypass_again(bypass, VIRTNET_BYPASS_AGAIN_RXHASH, HZ);
}

/**
 * virtnet_bypass_rxhash_join() - let a new VF hash as the master does
 * @bypass: the bypass
 * @vf: a VF that is linked to the master
 *
 * Context: RTNL held; may sleep.
 */
void virtnet_bypass_rxhash_join(struct virtnet_bypass_info *bypass,
				struct net_device *vf)
{
	bypass->rxhash.on_vf = false;
	virtnet_bypass_rxhash_tell(bypass, vf);
}
