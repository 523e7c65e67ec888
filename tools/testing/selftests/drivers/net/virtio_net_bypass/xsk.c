// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AF_XDP sockets on the rx queues of a netdev, for afxdp.sh.
 *
 *   xsk answer|chain IFACE QUEUES OBJECT
 *   xsk zerocopy IFACE QUEUES OBJECT
 *   xsk bound IFACE OBJECT
 *
 * "answer" attaches the program of OBJECT (xsk.bpf.c), binds a socket to each
 * of the first QUEUES queues and sends the echo requests that come back as
 * replies. It says "ready" and, after SIGTERM, what came to pass. "chain" binds
 * first and attaches a program that only calls that one. "zerocopy" is "answer"
 * with sockets that refuse to copy. "bound" attaches a program that was loaded
 * for IFACE alone.
 *
 * Exit status: 0, 1 for a failure, 4 where the kernel lacks the feature.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <xdp/xsk.h>

#include "echo.h"

/* Linux 6.3 and later */
#ifndef BPF_F_XDP_DEV_BOUND_ONLY
#define BPF_F_XDP_DEV_BOUND_ONLY	0x40
#endif

#define MAX_QUEUES	16
/* Each ring has room for all frames: none is ever full */
#define FRAMES		256
#define FRAME_SIZE	4096
/* A queue that was stopped, and completions, are looked after that often */
#define TICK_MS		100
/* What was sent is completed within that many ticks, or never */
#define LAST_TICKS	100

#define EXIT_SKIP	4

struct queue {
	struct xsk_socket *socket;
	struct xsk_umem *umem;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons completion;
	struct xsk_ring_cons rx;
	struct xsk_ring_prod tx;
	void *area;
};

static struct {
	struct bpf_object *object;
	struct bpf_link *link;
	struct queue queue[MAX_QUEUES];
	unsigned int queues;
	unsigned long received;
	unsigned long sent;
	unsigned long completed;
} xsk;

__attribute__((noreturn, format(printf, 2, 3)))
static void die(int err, const char *format, ...)
{
	va_list args;

	fputs("xsk: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(abs(err)));
	exit(EXIT_FAILURE);
}

static int say_nothing(enum libbpf_print_level level, const char *format,
		       va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int ifindex_of(const char *name)
{
	int ifindex = if_nametoindex(name);

	if (!ifindex)
		die(errno, "%s", name);
	return ifindex;
}

static void open_object(const char *path)
{
	xsk.object = bpf_object__open_file(path, NULL);
	if (!xsk.object)
		die(errno, "%s", path);
}

/* Debian 12's gcc-bpf writes types that the kernel does not know. They are not
 * needed, but libbpf has much to say about it.
 */
static int load_object(void)
{
	libbpf_print_fn_t print = libbpf_set_print(say_nothing);
	int err = bpf_object__load(xsk.object);

	libbpf_set_print(print);
	return err;
}

static struct bpf_program *program_of(const char *name)
{
	struct bpf_program *prog;

	prog = bpf_object__find_program_by_name(xsk.object, name);
	if (!prog)
		die(ENOENT, "program %s", name);
	return prog;
}

static int map_fd_of(const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(xsk.object, name);

	if (fd < 0)
		die(fd, "map %s", name);
	return fd;
}

/* A link, since it ends with this process, however that ends */
static void attach(const char *iface, const char *name)
{
	xsk.link = bpf_program__attach_xdp(program_of(name), ifindex_of(iface));
	if (!xsk.link)
		die(errno, "program %s", name);
}

static void build_chain(void)
{
	int fd = bpf_program__fd(program_of("to_socket"));
	__u32 index = 0;
	int err;

	err = bpf_map_update_elem(map_fd_of("chain"), &index, &fd, BPF_ANY);
	if (err)
		die(err, "chain");
}

static __u32 reserve(struct xsk_ring_prod *ring, __u32 n)
{
	__u32 index = 0;

	if (xsk_ring_prod__reserve(ring, n, &index) != n)
		die(ENOBUFS, "more frames than there are");
	return index;
}

static void give_frames(struct queue *q)
{
	__u32 index = reserve(&q->fill, FRAMES);
	int i;

	for (i = 0; i < FRAMES; i++)
		*xsk_ring_prod__fill_addr(&q->fill, index + i) = i * FRAME_SIZE;
	xsk_ring_prod__submit(&q->fill, FRAMES);
}

static void create_umem(struct queue *q)
{
	const struct xsk_umem_config config = {
		.fill_size = FRAMES,
		.comp_size = FRAMES,
		.frame_size = FRAME_SIZE,
	};
	int err;

	q->area = mmap(NULL, FRAMES * FRAME_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (q->area == MAP_FAILED)
		die(errno, "mmap");
	err = xsk_umem__create(&q->umem, q->area, FRAMES * FRAME_SIZE,
			       &q->fill, &q->completion, &config);
	if (err)
		die(err, "umem");
	give_frames(q);
}

static void bind_queue(const char *iface, unsigned int number, __u16 flags)
{
	const struct xsk_socket_config config = {
		.rx_size = FRAMES,
		.tx_size = FRAMES,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = flags,
	};
	struct queue *q = &xsk.queue[number];
	int err;

	create_umem(q);
	err = xsk_socket__create(&q->socket, iface, number, q->umem, &q->rx,
				 &q->tx, &config);
	if (err)
		die(err, "bind to queue %u of %s", number, iface);
	err = xsk_socket__update_xskmap(q->socket, map_fd_of("sockets"));
	if (err)
		die(err, "map of sockets");
}

static void bind_queues(const char *iface, __u16 flags)
{
	unsigned int i;

	for (i = 0; i < xsk.queues; i++)
		bind_queue(iface, i, flags);
}

/* Frames whose packets have left may receive again */
static void reclaim(struct queue *q)
{
	__u32 from = 0, to, n, i;

	n = xsk_ring_cons__peek(&q->completion, FRAMES, &from);
	if (!n)
		return;
	to = reserve(&q->fill, n);
	for (i = 0; i < n; i++)
		*xsk_ring_prod__fill_addr(&q->fill, to + i) =
			*xsk_ring_cons__comp_addr(&q->completion, from + i);
	xsk_ring_prod__submit(&q->fill, n);
	xsk_ring_cons__release(&q->completion, n);
	xsk.completed += n;
}

static void answer(struct queue *q)
{
	__u32 from = 0, to, n, i;

	n = xsk_ring_cons__peek(&q->rx, FRAMES, &from);
	if (!n)
		return;
	to = reserve(&q->tx, n);
	for (i = 0; i < n; i++) {
		const struct xdp_desc *desc =
			xsk_ring_cons__rx_desc(&q->rx, from + i);

		turn_round(xsk_umem__get_data(q->area, desc->addr));
		*xsk_ring_prod__tx_desc(&q->tx, to + i) = (struct xdp_desc){
			.addr = desc->addr,
			.len = desc->len,
		};
	}
	xsk_ring_prod__submit(&q->tx, n);
	xsk_ring_cons__release(&q->rx, n);
	xsk.received += n;
	xsk.sent += n;
}

/* What finds no room now goes with the next tick */
static void kick(struct queue *q)
{
	if (!sendto(xsk_socket__fd(q->socket), NULL, 0, MSG_DONTWAIT, NULL, 0))
		return;
	switch (errno) {
	case EAGAIN:
	case EBUSY:
	case ENETDOWN:
	case ENOBUFS:
		return;
	default:
		die(errno, "send");
	}
}

static void serve(void)
{
	unsigned int i;

	for (i = 0; i < xsk.queues; i++) {
		reclaim(&xsk.queue[i]);
		answer(&xsk.queue[i]);
		if (xsk.completed < xsk.sent)
			kick(&xsk.queue[i]);
	}
}

static int open_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		die(errno, "signalfd");
	return fd;
}

static void serve_until_signal(int signal_fd)
{
	struct pollfd poll_fd[MAX_QUEUES + 1] = {};
	unsigned int i;

	for (i = 0; i < xsk.queues; i++)
		poll_fd[i].fd = xsk_socket__fd(xsk.queue[i].socket);
	poll_fd[i].fd = signal_fd;
	for (i = 0; i <= xsk.queues; i++)
		poll_fd[i].events = POLLIN;

	while (!poll_fd[xsk.queues].revents) {
		if (poll(poll_fd, xsk.queues + 1, TICK_MS) < 0)
			die(errno, "poll");
		serve();
	}
}

/* What is on its way still belongs to the sockets */
static void finish(void)
{
	int i;

	for (i = 0; i < LAST_TICKS && xsk.completed < xsk.sent; i++) {
		poll(NULL, 0, TICK_MS);
		serve();
	}
	printf("received %lu sent %lu completed %lu\n", xsk.received, xsk.sent,
	       xsk.completed);
}

static int run_sockets(const char *mode, const char *iface, const char *queues,
		       const char *path)
{
	int signal_fd = open_signals();
	int err;

	xsk.queues = atoi(queues);
	if (xsk.queues < 1 || xsk.queues > MAX_QUEUES)
		die(EINVAL, "%s queues", queues);

	open_object(path);
	err = load_object();
	if (err)
		die(err, "load %s", path);

	if (!strcmp(mode, "chain")) {
		build_chain();
		bind_queues(iface, XDP_COPY);
		attach(iface, "by_chain");
	} else {
		attach(iface, "to_socket");
		bind_queues(iface, !strcmp(mode, "zerocopy") ? XDP_ZEROCOPY :
							      XDP_COPY);
	}

	puts("ready");
	fflush(stdout);
	serve_until_signal(signal_fd);
	finish();
	return EXIT_SUCCESS;
}

/* By netlink, which hands on what the driver has to say */
static int attach_bound(const char *iface, const char *path)
{
	int ifindex = ifindex_of(iface);
	struct bpf_program *prog;
	int err;

	open_object(path);
	bpf_object__for_each_program(prog, xsk.object) {
		bpf_program__set_ifindex(prog, ifindex);
		bpf_program__set_flags(prog, BPF_F_XDP_DEV_BOUND_ONLY);
	}
	err = load_object();
	if (err) {
		fprintf(stderr, "xsk: no program for one netdev: %s\n",
			strerror(-err));
		return EXIT_SKIP;
	}
	err = bpf_xdp_attach(ifindex, bpf_program__fd(program_of("to_socket")),
			     XDP_FLAGS_DRV_MODE, NULL);
	if (err)
		die(err, "bound program");
	return EXIT_SUCCESS;
}

static int explain(void)
{
	fputs("usage: xsk answer|chain|zerocopy IFACE QUEUES OBJECT\n"
	      "       xsk bound IFACE OBJECT\n", stderr);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "bound"))
		return attach_bound(argv[2], argv[3]);
	if (argc == 5 && (!strcmp(argv[1], "answer") ||
			  !strcmp(argv[1], "chain") ||
			  !strcmp(argv[1], "zerocopy")))
		return run_sockets(argv[1], argv[2], argv[3], argv[4]);
	return explain();
}
