// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-driver failover of virtio_net: frames that come by both paths.
 *
 * A host's switch gives some frames to both paths: those to a group, and those
 * to an address behind the master whose place it does not know. Nothing but the
 * other copy tells such a frame from one that came by this path alone, as it
 * does where the switch knows the place. So what has come is remembered for a
 * moment, and the copy is known by its content: no frame is dropped that was
 * not delivered by the other path, whatever the switch has learned.
 */
#include <linux/etherdevice.h>
#include <linux/hash.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/random.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>

#include "bypass.h"
#include "copies.h"

#define VIRTNET_BYPASS_COPY_BITS	7
#define VIRTNET_BYPASS_COPY_WAYS	4

/* By how much a path may be later than the other one. A frame that has the
 * content of an earlier one, and comes by the other path because the switch
 * has just changed its mind, is missed for so long.
 */
#define VIRTNET_BYPASS_COPY_LIFE	(HZ / 4)

/* And by how many frames with one content. It bounds what may be missed. */
#define VIRTNET_BYPASS_COPY_AHEAD	31

/* What of a frame is hashed: all headers up to TCP's. Behind it a sum is
 * enough.
 */
#define VIRTNET_BYPASS_COPY_HEAD	96

/**
 * struct virtnet_bypass_copy - frames of one content
 * @print: hash of the content
 * @when: when the last one came by the path that is ahead, in jiffies
 * @ahead: how many have come by the VF only; by standby only if negative
 * @withheld: the last one by the path that is ahead was not delivered
 */
struct virtnet_bypass_copy {
	u64		print;
	unsigned long	when;
	s8		ahead;
	bool		withheld;
};

/**
 * struct virtnet_bypass_copy_bucket - some frames of late
 * @lock: protects @copy
 * @copy: the oldest one makes room
 */
struct virtnet_bypass_copy_bucket {
	/* protects copy */
	spinlock_t			lock;
	struct virtnet_bypass_copy	copy[VIRTNET_BYPASS_COPY_WAYS];
} ____cacheline_aligned_in_smp;

/**
 * struct virtnet_bypass_copies - what has come by one path of late
 * @secret: odd, the base of the hash: nobody can make two frames alike
 * @bucket: by the hash
 */
struct virtnet_bypass_copies {
	u64				secret;
	struct virtnet_bypass_copy_bucket
		bucket[BIT(VIRTNET_BYPASS_COPY_BITS)];
};

/**
 * struct virtnet_bypass_head - what is behind Ethernet header and VLAN tag
 * @word: the first bytes of it, 0 behind its end
 * @byte: the same
 * @len: bytes of the frame from there on
 *
 * All that only one of two copies may have is taken out of it: padding, the
 * checksum that a sender on this host left to whoever puts it on a wire.
 */
struct virtnet_bypass_head {
	union {
		u64	word[VIRTNET_BYPASS_COPY_HEAD / sizeof(u64)];
		u8	byte[VIRTNET_BYPASS_COPY_HEAD];
	};
	unsigned int	len;
};

static void bypass_head_l4(struct virtnet_bypass_head *head,
			   unsigned int offset, u8 proto)
{
	if (proto == IPPROTO_UDP)
		offset += offsetof(struct udphdr, check);
	else if (proto == IPPROTO_TCP)
		offset += offsetof(struct tcphdr, check);
	else
		return;
	if (offset + sizeof(__sum16) <= sizeof(head->byte))
		memset(&head->byte[offset], 0, sizeof(__sum16));
}

static void bypass_head_read(struct virtnet_bypass_head *head,
			     const struct sk_buff *skb,
			     unsigned int offset, __be16 proto)
{
	unsigned int len = skb->len - offset;
	const struct ipv6hdr *ip6h;
	const struct iphdr *iph;

	memset(head->byte, 0, sizeof(head->byte));
	skb_copy_bits(skb, offset, head->byte,
		      min_t(unsigned int, len, sizeof(head->byte)));

	/* Shorter than a frame may be on a wire: it was padded there */
	head->len = max_t(unsigned int, len, ETH_ZLEN - ETH_HLEN);
	if (proto == htons(ETH_P_IP)) {
		iph = (const struct iphdr *)head->byte;
		head->len = min_t(unsigned int, len, ntohs(iph->tot_len));
		bypass_head_l4(head, iph->ihl * 4, iph->protocol);
	} else if (proto == htons(ETH_P_IPV6)) {
		ip6h = (const struct ipv6hdr *)head->byte;
		head->len = min_t(unsigned int, len, sizeof(*ip6h) +
				  ntohs(ip6h->payload_len));
		bypass_head_l4(head, sizeof(*ip6h), ip6h->nexthdr);
	}
	if (head->len < sizeof(head->byte))
		memset(&head->byte[head->len], 0,
		       sizeof(head->byte) - head->len);
}

static u64 bypass_copy_mix(u64 hash, u64 word, u64 secret)
{
	return (rol64(hash, 29) ^ word) * secret;
}

/* False for a packet that was put together of several frames: the other path
 * may have done that in another way.
 */
static bool
bypass_copy_print(const struct virtnet_bypass_copies *copies,
		  const struct sk_buff *skb, u64 *print)
{
	const struct ethhdr *eth = eth_hdr(skb);
	struct virtnet_bypass_head head;
	__be16 proto = skb->protocol;
	u64 secret = copies->secret;
	const struct vlan_hdr *tag;
	unsigned int offset = 0;
	struct vlan_hdr _tag;
	unsigned int i;
	u16 vid = 0;
	__sum16 sum;
	u64 hash;

	if (skb_is_gso(skb))
		return false;

	/* A VF takes the tag off, virtio does not */
	if (skb_vlan_tag_present(skb)) {
		vid = skb_vlan_tag_get_id(skb);
	} else if (eth_type_vlan(proto)) {
		tag = skb_header_pointer(skb, 0, sizeof(_tag), &_tag);
		if (!tag)
			return false;
		vid = ntohs(tag->h_vlan_TCI) & VLAN_VID_MASK;
		proto = tag->h_vlan_encapsulated_proto;
		offset = sizeof(_tag);
	}

	bypass_head_read(&head, skb, offset, proto);
	hash = bypass_copy_mix(vid, ether_addr_to_u64(eth->h_dest), secret);
	hash = bypass_copy_mix(hash, ether_addr_to_u64(eth->h_source), secret);
	hash = bypass_copy_mix(hash, ntohs(proto), secret);
	for (i = 0; i < ARRAY_SIZE(head.word); i++)
		hash = bypass_copy_mix(hash, head.word[i], secret);
	if (head.len > sizeof(head.byte)) {
		offset += sizeof(head.byte);
		head.len -= sizeof(head.byte);
		sum = csum_fold(skb_checksum(skb, offset, head.len, 0));
		hash = bypass_copy_mix(hash, (__force u16)sum, secret);
	}
	*print = hash ^ hash >> 32;
	return true;
}

/* The one with this print, or the oldest one, made into a new one of it */
static struct virtnet_bypass_copy *
bypass_copy_find(struct virtnet_bypass_copy_bucket *bucket, u64 print)
{
	struct virtnet_bypass_copy *copy, *oldest = &bucket->copy[0];
	unsigned int i;

	for (i = 0; i < VIRTNET_BYPASS_COPY_WAYS; i++) {
		copy = &bucket->copy[i];
		if (copy->print == print) {
			oldest = copy;
			if (time_before(jiffies, copy->when +
						 VIRTNET_BYPASS_COPY_LIFE))
				return copy;
			break;
		}
		if (time_before(copy->when, oldest->when))
			oldest = copy;
	}
	oldest->print = print;
	oldest->ahead = 0;
	return oldest;
}

/**
 * virtnet_bypass_copies_take() - deliver a frame or its copy
 * @bypass: the bypass
 * @skb: frame that came in and is not for the master's own address; its data
 *	begins behind the Ethernet header
 * @by_vf: it came by the VF, not by standby
 * @take: deliver it unless its copy was delivered; if not, withhold it unless
 *	its copy was withheld
 *
 * Each of two copies answers for one of the other path only. What @take says
 * may change between them, as it does when the path is switched: one of them is
 * delivered, and not the other one.
 *
 * Context: Softirq.
 * Return: true if @skb is to be delivered.
 */
bool virtnet_bypass_copies_take(struct virtnet_bypass_info *bypass,
				const struct sk_buff *skb, bool by_vf,
				bool take)
{
	struct virtnet_bypass_copies *copies = bypass->copies;
	struct virtnet_bypass_copy_bucket *bucket;
	struct virtnet_bypass_copy *copy;
	int step = by_vf ? 1 : -1;
	u64 print;

	if (!bypass_copy_print(copies, skb, &print))
		return take;

	bucket = &copies->bucket[hash_64(print, VIRTNET_BYPASS_COPY_BITS)];
	spin_lock_bh(&bucket->lock);
	copy = bypass_copy_find(bucket, print);
	if (copy->ahead * step < 0) {
		copy->ahead += step;
		take = copy->withheld;
	} else {
		if (abs(copy->ahead) < VIRTNET_BYPASS_COPY_AHEAD)
			copy->ahead += step;
		copy->when = jiffies;
		copy->withheld = !take;
	}
	spin_unlock_bh(&bucket->lock);
	return take;
}

/**
 * virtnet_bypass_copies_init() - prepare to remember frames
 * @bypass: a bypass that is not in use yet
 *
 * Context: Process context; may sleep.
 * Return: 0 or -ENOMEM.
 */
int virtnet_bypass_copies_init(struct virtnet_bypass_info *bypass)
{
	struct virtnet_bypass_copies *copies;
	unsigned int i;

	copies = kvzalloc(sizeof(*copies), GFP_KERNEL);
	if (!copies)
		return -ENOMEM;

	for (i = 0; i < ARRAY_SIZE(copies->bucket); i++)
		spin_lock_init(&copies->bucket[i].lock);
	get_random_bytes(&copies->secret, sizeof(copies->secret));
	copies->secret |= 1;
	bypass->copies = copies;
	return 0;
}

/**
 * virtnet_bypass_copies_exit() - forget all frames
 * @bypass: a bypass that is not in use any more
 *
 * Context: Process context; may sleep.
 */
void virtnet_bypass_copies_exit(struct virtnet_bypass_info *bypass)
{
	kvfree(bypass->copies);
}
