// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What xdp.sh attaches to the master: the size of an echo request or reply
 * says what to do with it.
 */
#include <linux/bpf.h>

#include "echo.h"

#define SEC(name) __attribute__((section(name), used))

/* Total length of the IP packet: ping -s plus 28 */
#define SIZE_DROP	328
#define SIZE_TX		428
#define SIZE_REDIRECT	528
/* The first netdev after lo, as xdp.sh makes sure */
#define MASTER_IFINDEX	2

#ifdef __clang__
static long (*bpf_redirect)(__u32 ifindex, __u64 flags) =
	(void *)BPF_FUNC_redirect;
#else
long bpf_redirect(__u32 ifindex, __u64 flags)
	__attribute__((kernel_helper(23)));
#endif

SEC("xdp")
int bypass_xdp(struct xdp_md *ctx)
{
	struct frame *f = (void *)(long)ctx->data;

	if ((void *)(f + 1) > (void *)(long)ctx->data_end || !is_icmp(f))
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

/* What comes to another netdev is for the master, in however many pieces */
SEC("xdp.frags")
int bypass_forward(struct xdp_md *ctx)
{
	return bpf_redirect(MASTER_IFINDEX, 0);
}

char _license[] SEC("license") = "GPL";
