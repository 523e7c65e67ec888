/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An echo request, and how it becomes its own reply: for programs in the kernel
 * (*.bpf.c) and outside of it (xsk.c).
 */
#ifndef _VIRTIO_NET_BYPASS_ECHO_H
#define _VIRTIO_NET_BYPASS_ECHO_H

#include <linux/if_ether.h>
#include <linux/ip.h>

#define be16(x)		__builtin_bswap16(x)

/* linux/icmp.h and linux/in.h want headers of a C library */
#define PROTO_ICMP	1
#define ECHO_REPLY	0
#define ECHO_REQUEST	8

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct {
		__u8 type;
		__u8 code;
		__u16 checksum;
	} icmp;
} __attribute__((packed));

static inline int is_icmp(const struct frame *f)
{
	return f->eth.h_proto == be16(ETH_P_IP) &&
	       f->ip.protocol == PROTO_ICMP;
}

/* Make a reply out of a request, on the spot */
static inline void turn_round(struct frame *f)
{
	unsigned char mac;
	__be32 addr;
	__u32 sum;
	int i;

	for (i = 0; i < ETH_ALEN; i++) {
		mac = f->eth.h_dest[i];
		f->eth.h_dest[i] = f->eth.h_source[i];
		f->eth.h_source[i] = mac;
	}
	addr = f->ip.daddr;
	f->ip.daddr = f->ip.saddr;
	f->ip.saddr = addr;

	f->icmp.type = ECHO_REPLY;
	sum = f->icmp.checksum + (__u32)be16(ECHO_REQUEST << 8);
	f->icmp.checksum = (sum & 0xffff) + (sum >> 16);
}

#endif /* _VIRTIO_NET_BYPASS_ECHO_H */
