// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What xsk.c attaches to the master: echo requests of one size go to the AF_XDP
 * socket of the queue that received them, all other packets pass.
 */
#include <linux/bpf.h>

#include "echo.h"

#define SEC(name) __attribute__((section(name), used))

/* Total length of the IP packet: ping -s plus 28 */
#define SIZE_SOCKET	628

#ifdef __clang__
static long (*bpf_tail_call)(void *ctx, void *map, __u32 index) =
	(void *)BPF_FUNC_tail_call;
static long (*bpf_redirect_map)(void *map, __u64 key, __u64 flags) =
	(void *)BPF_FUNC_redirect_map;
#else
long bpf_tail_call(void *ctx, void *map, __u32 index)
	__attribute__((kernel_helper(12)));
long bpf_redirect_map(void *map, __u64 key, __u64 flags)
	__attribute__((kernel_helper(51)));
#endif

/* The types are read by libbpf: a number is the size of an array */
#define MAP(name, map_type, entries)			\
	struct {					\
		int (*type)[map_type];			\
		int (*max_entries)[entries];		\
		__u32 *key;				\
		__u32 *value;				\
	} name SEC(".maps")

MAP(sockets, BPF_MAP_TYPE_XSKMAP, 16);
MAP(chain, BPF_MAP_TYPE_PROG_ARRAY, 1);

SEC("xdp")
int to_socket(struct xdp_md *ctx)
{
	struct frame *f = (void *)(long)ctx->data;

	if ((void *)(f + 1) > (void *)(long)ctx->data_end || !is_icmp(f) ||
	    f->icmp.type != ECHO_REQUEST || f->ip.tot_len != be16(SIZE_SOCKET))
		return XDP_PASS;

	return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);
}

/* Has no map of sockets of its own, as the dispatcher of libxdp */
SEC("xdp")
int by_chain(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &chain, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
