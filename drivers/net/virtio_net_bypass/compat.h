/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In-driver failover of virtio_net: what one kernel has and another has not.
 * Each shim is guarded by a name, not by a version, and steps aside where the
 * kernel provides it.
 */
#ifndef _VIRTIO_NET_BYPASS_COMPAT_H
#define _VIRTIO_NET_BYPASS_COMPAT_H

#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/string.h>

/* Kbuild defines VIRTNET_BYPASS_HAVE_* by looking for the name in the
 * kernel's headers, where there is no macro to test for.
 */
#ifdef VIRTNET_BYPASS_HAVE_GSO_H
#include <net/gso.h>
#endif

/* Linux 6.2 gave the bit of IFF_LIVE_RENAME_OK to IFF_NO_ADDRCONF: a rename
 * needs no permission any more, and addrconf does not look at IFF_SLAVE.
 */
#ifdef IFF_LIVE_RENAME_OK
#define IFF_NO_ADDRCONF		0
#else
#define IFF_LIVE_RENAME_OK	0
#endif

#ifndef VIRTNET_BYPASS_HAVE_XDP_PROPAGATE
static inline int dev_xdp_propagate(struct net_device *dev,
				    struct netdev_bpf *xdp)
{
	if (!dev->netdev_ops->ndo_bpf)
		return -EOPNOTSUPP;
	return dev->netdev_ops->ndo_bpf(dev, xdp);
}
#endif

/* Renamed in Linux 6.11 */
#ifndef VIRTNET_BYPASS_HAVE_KERNEL_TS_INFO
#define kernel_ethtool_ts_info	ethtool_ts_info
#endif

/* May replace the packet (Linux 6.9 and later) */
static inline int virtnet_bypass_do_xdp_generic(struct bpf_prog *prog,
						struct sk_buff **pskb)
{
#ifdef VIRTNET_BYPASS_HAVE_XDP_GENERIC_PSKB
	return do_xdp_generic(prog, pskb);
#else
	return do_xdp_generic(prog, *pskb);
#endif
}

/* Can a driver send XDP frames with fragments? Before Linux 6.3 nobody says */
static inline bool virtnet_bypass_xmits_fragments(const struct net_device *dev)
{
#ifdef VIRTNET_BYPASS_HAVE_XDP_FEATURES
	return dev->xdp_features & NETDEV_XDP_ACT_NDO_XMIT_SG;
#else
	return false;
#endif
}

/* Apart from gro_max_size since Linux 6.3 */
static inline void
virtnet_bypass_copy_gro_ipv4_max_size(struct net_device *to,
				      const struct net_device *from)
{
#ifdef VIRTNET_BYPASS_HAVE_GRO_IPV4_MAX_SIZE
	WRITE_ONCE(to->gro_ipv4_max_size, from->gro_ipv4_max_size);
#endif
}

/* The same for gso_max_size */
static inline void
virtnet_bypass_move_gso_ipv4_max_size(struct net_device *dev,
				      unsigned int from, unsigned int to)
{
#ifdef VIRTNET_BYPASS_HAVE_GRO_IPV4_MAX_SIZE
	if (dev->gso_ipv4_max_size == from)
		WRITE_ONCE(dev->gso_ipv4_max_size, to);
#endif
}

/* One struct instead of three arguments since Linux 6.8 */
#ifdef VIRTNET_BYPASS_HAVE_RXFH_PARAM
static inline int
virtnet_bypass_call_get_rxfh(struct net_device *dev,
			     const struct ethtool_ops *ops,
			     struct ethtool_rxfh_param *rxfh)
{
	return ops->get_rxfh(dev, rxfh);
}

static inline int
virtnet_bypass_call_set_rxfh(struct net_device *dev,
			     const struct ethtool_ops *ops,
			     struct ethtool_rxfh_param *rxfh)
{
	return ops->set_rxfh(dev, rxfh, NULL);
}
#else
/**
 * struct ethtool_rxfh_param - what a user set of the receive hash
 * @hfunc: hash function, ETH_RSS_HASH_*
 * @indir_size: entries in @indir
 * @indir: rx queue of each entry of the table, or NULL
 * @key_size: bytes in @key
 * @key: hash key, or NULL
 *
 * Those members of the newer struct that are used here.
 */
struct ethtool_rxfh_param {
	u8	hfunc;
	u32	indir_size;
	u32	*indir;
	u32	key_size;
	u8	*key;
};

static inline int
virtnet_bypass_call_get_rxfh(struct net_device *dev,
			     const struct ethtool_ops *ops,
			     struct ethtool_rxfh_param *rxfh)
{
	return ops->get_rxfh(dev, rxfh->indir, rxfh->key, &rxfh->hfunc);
}

static inline int
virtnet_bypass_call_set_rxfh(struct net_device *dev,
			     const struct ethtool_ops *ops,
			     struct ethtool_rxfh_param *rxfh)
{
	return ops->set_rxfh(dev, rxfh->indir, rxfh->key, rxfh->hfunc);
}
#endif

/* A change of a table or a key, and of nothing else */
static inline void
virtnet_bypass_rxfh_no_change(struct ethtool_rxfh_param *rxfh)
{
	memset(rxfh, 0, sizeof(*rxfh));
	rxfh->hfunc = ETH_RSS_HASH_NO_CHANGE;
#ifdef RXH_XFRM_NO_CHANGE
	rxfh->input_xfrm = RXH_XFRM_NO_CHANGE;
#endif
}

/* A driver makes no table of its own any more when its queues change. Kernels
 * without the flag keep the size of the table that a user set, which is for
 * the core alone to know.
 */
static inline void virtnet_bypass_set_rxfh_configured(struct net_device *dev,
						      bool configured)
{
#ifdef VIRTNET_BYPASS_HAVE_RXFH_CONFIGURED
	if (configured)
		dev->priv_flags |= IFF_RXFH_CONFIGURED;
	else
		dev->priv_flags &= ~IFF_RXFH_CONFIGURED;
#endif
}

/* By an operation of its own where the driver has it (Linux 6.17, and stable
 * kernels before)
 */
static inline int virtnet_bypass_set_rxfh_fields(struct net_device *dev,
						 struct ethtool_rxnfc *info)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;

#ifdef VIRTNET_BYPASS_HAVE_RXFH_FIELDS
	if (ops->set_rxfh_fields) {
		struct ethtool_rxfh_fields fields = {
			.data		= info->data,
			.flow_type	= info->flow_type,
		};

		return ops->set_rxfh_fields(dev, &fields, NULL);
	}
#endif
	return ops->set_rxnfc ? ops->set_rxnfc(dev, info) : -EOPNOTSUPP;
}

#endif /* _VIRTIO_NET_BYPASS_COMPAT_H */
