// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the hardware of some VFs does with a packet to be sent, and that below
 * the layer does not: done here in software, for the netdev's driver to send.
 * Which of that there is, the netdev says by its features, as any does.
 */
#include <linux/crc32c.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/sctp.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#ifdef TEST_VF_HAVE_GSO_H
#include <net/gso.h>
#endif

#include "layer.h"

/* A driver below stops its queue while there is room for a packet of
 * MAX_SKB_FRAGS fragments; all that one packet becomes has to fit
 */
#define TEST_HARDWARE_SEGS	16

#define TEST_HARDWARE_TUNNEL_TYPES \
	(SKB_GSO_GRE | SKB_GSO_GRE_CSUM | SKB_GSO_IPXIP4 | SKB_GSO_IPXIP6 | \
	 SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM)
#define TEST_HARDWARE_GSO_TYPES \
	(TEST_HARDWARE_TUNNEL_TYPES | SKB_GSO_PARTIAL)
/* As netdev features */
#define TEST_HARDWARE_TUNNELS \
	((netdev_features_t)TEST_HARDWARE_TUNNEL_TYPES << NETIF_F_GSO_SHIFT)

static char *tunnels = "";
module_param(tunnels, charp, 0444);
MODULE_PARM_DESC(tunnels, "how TCP in tunnels is cut: full, partial, or not");

static bool sctp;
module_param(sctp, bool, 0444);
MODULE_PARM_DESC(sctp, "there are checksums for SCTP");

static bool stag;
module_param(stag, bool, 0444);
MODULE_PARM_DESC(stag, "service VLAN tags are inserted");

static uint tso_max_size;
module_param(tso_max_size, uint, 0444);
MODULE_PARM_DESC(tso_max_size, "the largest packet that is cut, in bytes");

static bool ip_csum;
module_param(ip_csum, bool, 0644);
MODULE_PARM_DESC(ip_csum, "checksums of TCP and UDP behind plain IP only");

static unsigned long work_done;
module_param(work_done, ulong, 0444);
MODULE_PARM_DESC(work_done, "packets that the hardware had work with");

static unsigned long work_cut;
module_param(work_cut, ulong, 0444);
MODULE_PARM_DESC(work_cut, "those of them that it had to cut");

static unsigned long work_lost;
module_param(work_lost, ulong, 0444);
MODULE_PARM_DESC(work_lost, "frames of these that the driver did not take");

static netdev_features_t test_hardware_ip_csum(netdev_features_t features)
{
	if (!(features & NETIF_F_HW_CSUM))
		return features;
	return (features & ~NETIF_F_HW_CSUM) |
	       NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM;
}

static void test_hardware_add_features(struct net_device *dev,
				       netdev_features_t features)
{
	dev->features |= features;
	dev->hw_features |= features;
	dev->wanted_features |= features;
}

static void test_hardware_add_tunnels(struct net_device *dev)
{
	netdev_features_t features = TEST_HARDWARE_TUNNELS;

	if (!strcmp(tunnels, "partial")) {
		dev->gso_partial_features = TEST_HARDWARE_TUNNELS;
		features |= NETIF_F_GSO_PARTIAL;
	} else if (strcmp(tunnels, "full")) {
		return;
	}
	test_hardware_add_features(dev, features);
	dev->hw_enc_features |= features | NETIF_F_SG | NETIF_F_HW_CSUM |
				NETIF_F_ALL_TSO;
	netif_set_tso_max_segs(dev, TEST_HARDWARE_SEGS);
}

/**
 * test_hardware_add() - let a netdev have what the parameters say
 * @dev: a netdev that is being registered
 *
 * Context: RTNL held.
 */
void test_hardware_add(struct net_device *dev)
{
	netdev_features_t features = 0;

	if (sctp)
		features |= NETIF_F_SCTP_CRC;
	if (stag)
		features |= NETIF_F_HW_VLAN_STAG_TX;
	test_hardware_add_features(dev, features);
	dev->vlan_features |= features & NETIF_F_SCTP_CRC;
	test_hardware_add_tunnels(dev);
	if (tso_max_size)
		netif_set_tso_max_size(dev, tso_max_size);
	if (ip_csum) {
		dev->features = test_hardware_ip_csum(dev->features);
		dev->hw_features = test_hardware_ip_csum(dev->hw_features);
		dev->wanted_features =
			test_hardware_ip_csum(dev->wanted_features);
	}
}

/* Where TCP or UDP begins behind a plain IP header, or 0 */
static int test_hardware_transport(const struct sk_buff *skb, u8 *proto)
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

static bool test_hardware_has_csum(const struct net_device *dev,
				   const struct sk_buff *skb)
{
	int offset, wanted;
	u8 proto = 0;

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return true;
	if (skb_csum_is_sctp((struct sk_buff *)skb))
		return dev->features & NETIF_F_SCTP_CRC;
	if (dev->features & NETIF_F_HW_CSUM)
		return true;

	offset = test_hardware_transport(skb, &proto);
	if (proto == IPPROTO_TCP)
		wanted = offsetof(struct tcphdr, check);
	else if (proto == IPPROTO_UDP)
		wanted = offsetof(struct udphdr, check);
	else
		return false;
	return skb_checksum_start_offset(skb) == offset &&
	       skb->csum_offset == wanted;
}

static bool test_hardware_has_gso(const struct net_device *dev,
				  const struct sk_buff *skb)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	netdev_features_t needs;

	if (!skb_is_gso(skb))
		return true;

	needs = (netdev_features_t)info->gso_type << NETIF_F_GSO_SHIFT;
	if (needs & dev->gso_partial_features &&
	    !(info->gso_type & SKB_GSO_PARTIAL))
		return false;
	return !(needs & ~dev->features) &&
	       info->gso_segs <= dev->gso_max_segs &&
	       skb->len <= dev->gso_max_size;
}

/**
 * test_hardware_fits() - does a netdev say that it can send a packet?
 * @dev: the netdev
 * @skb: the packet
 *
 * Context: As of ndo_start_xmit.
 * Return: true if it does.
 */
bool test_hardware_fits(struct net_device *dev, const struct sk_buff *skb)
{
	if (skb_vlan_tag_present(skb) &&
	    !vlan_hw_offload_capable(dev->features, skb->vlan_proto))
		return false;
	return test_hardware_has_gso(dev, skb) &&
	       test_hardware_has_csum(dev, skb);
}

/**
 * test_hardware_has_work() - is there what the driver below cannot do?
 * @skb: the packet
 *
 * Context: As of ndo_start_xmit.
 * Return: true if there is.
 */
bool test_hardware_has_work(const struct sk_buff *skb)
{
	if (skb_vlan_tag_present(skb) && skb->vlan_proto == htons(ETH_P_8021AD))
		return true;
	if (skb_is_gso(skb))
		return skb_shinfo(skb)->gso_type & TEST_HARDWARE_GSO_TYPES;
	return skb->ip_summed == CHECKSUM_PARTIAL &&
	       (skb->encapsulation || skb_csum_is_sctp((struct sk_buff *)skb));
}

/* All before the inner IP header is the same in each frame and complete: it is
 * the link layer's header from here on
 */
static void test_hardware_strip(struct sk_buff *skb)
{
	const struct iphdr *ip;

	skb_set_network_header(skb, skb_inner_network_offset(skb));
	skb_set_transport_header(skb, skb_inner_transport_offset(skb));
	ip = ip_hdr(skb);
	skb->protocol = htons(ip->version == 4 ? ETH_P_IP : ETH_P_IPV6);
	skb->encapsulation = 0;
	skb_set_inner_mac_header(skb, 0);
	skb_shinfo(skb)->gso_type &= ~TEST_HARDWARE_GSO_TYPES;
}

static void test_hardware_sctp(struct sk_buff *skb)
{
	struct sctphdr *header;

	if (skb_linearize(skb))
		return;
	header = (void *)skb_checksum_start(skb);
	header->checksum = 0;
	header->checksum = cpu_to_le32(~crc32c(~0, header,
					       skb_tail_pointer(skb) -
					       skb_checksum_start(skb)));
	skb->ip_summed = CHECKSUM_NONE;
}

/* What @skb is on the wire, or NULL; @skb stays if it becomes several */
static struct sk_buff *test_hardware_work(struct sk_buff *skb)
{
	if (skb_vlan_tag_present(skb)) {
		skb = __vlan_hwaccel_push_inside(skb);
		if (!skb)
			return NULL;
	}
	if (skb_is_gso(skb)) {
		if (skb_shinfo(skb)->gso_type & SKB_GSO_PARTIAL)
			test_hardware_strip(skb);
		return skb_gso_segment(skb, 0);
	}
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		if (skb_csum_is_sctp(skb))
			test_hardware_sctp(skb);
		else
			skb_checksum_help(skb);
	}
	return skb;
}

/**
 * test_hardware_xmit() - ndo_start_xmit of a packet with work
 * @orig: the ops of the driver below
 * @skb: the packet
 * @dev: the netdev
 *
 * Context: As of ndo_start_xmit.
 * Return: NETDEV_TX_OK.
 */
netdev_tx_t test_hardware_xmit(const struct net_device_ops *orig,
			       struct sk_buff *skb, struct net_device *dev)
{
	struct sk_buff *frame, *next;

	work_cut += skb_is_gso(skb);
	frame = test_hardware_work(skb);
	work_done++;
	if (IS_ERR_OR_NULL(frame)) {
		work_lost++;
		if (frame)
			kfree_skb(skb);
		return NETDEV_TX_OK;
	}

	if (frame != skb)
		consume_skb(skb);
	for (; frame; frame = next) {
		next = frame->next;
		skb_mark_not_on_list(frame);
		if (!dev_xmit_complete(orig->ndo_start_xmit(frame, dev))) {
			work_lost++;
			kfree_skb(frame);
		}
	}
	return NETDEV_TX_OK;
}
