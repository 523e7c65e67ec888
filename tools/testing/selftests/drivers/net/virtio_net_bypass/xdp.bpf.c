// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What xdp.sh attaches to the master: the size of an echo request or reply
 * says what to do with it.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#define SEC(name) __attribute__((section(name), used))

/* Total length of the IP packet: ping -s plus 28 */
#define SIZE_DROP	328
#define SIZE_TX		428
#define SIZE_REDIRECT	528
/* The first netdev after lo, as xdp.sh makes sure */
#define MASTER_IFINDEX	2

#define be16(x)		__builtin_bswap16(x)

#ifdef __clang__
static long (*bpf_redirect)(__u32 ifindex, __u64 flags) =
	(void *)BPF_FUNC_redirect;
#else
long bpf_redirect(__u32 ifindex, __u64 flags)
	__attribute__((kernel_helper(23)));
#endif

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

SEC("xdp")
int bypass_xdp(struct xdp_md *ctx)
{
	struct frame *f = (void *)(long)ctx->data;

	if ((void *)(f + 1) > (void *)(long)ctx->data_end ||
	    f->eth.h_proto != be16(ETH_P_IP) ||
	    f->ip.protocol != PROTO_ICMP)
		return XDP_PASS;

	if (f->ip.tot_len == be16(SIZE_DROP))
		return XDP_DROP;
	if (f->icmp.type != ECHO_REQUEST)
		return XDP_PASS;

	if (f->ip.tot_len == be16(SIZE_TX)) {
		turn_round(f);
		return XDP_TX;
	}
	if (f->ip.tot_len == be16(SIZE_REDIRECT)) {
		turn_round(f);
		return bpf_redirect(MASTER_IFINDEX, 0);
	}
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
