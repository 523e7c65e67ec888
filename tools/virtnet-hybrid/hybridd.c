// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtnet-hybridd: gives each declared hybrid interface of this host's guests
 * its VF. One for each host.
 *
 *   keeper.c    one guest after the other   events.c    what wakes it
 *   step.c      what to do                  view.c      by what it is decided
 *   boot.c      what a guest has said
 *
 * and what virtnet-hybrid is made of, see hybrid.c.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "backoff.h"
#include "conn.h"
#include "events.h"
#include "keeper.h"
#include "log.h"

/* As most programs have it */
#define EXIT_USAGE 2
/* A libvirtd that does not answer is taken for dead after so many times so
 * many seconds
 */
#define KEEPALIVE_SECONDS 5
#define KEEPALIVE_TIMES 6

/**
 * struct hybridd - the daemon
 * @uri: of libvirt
 * @conn: to libvirt, or NULL
 * @keeper: of this connection
 * @timer: when to connect again
 * @delay: before that, ms
 * @is_told: whether somebody was told that there is no connection
 * @is_over: whether it has been asked to end
 */
struct hybridd {
	const char *uri;
	virConnectPtr conn;
	struct keeper *keeper;
	int timer;
	int delay;
	bool is_told;
	bool is_over;
};

/* There is one for each host: whoever has its program's file locked. No file is
 * made for it, which a daemon that was killed would leave behind.
 */
static int lock_host(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return log_error("/proc/self/exe: %s", strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return log_error("there is another one on this host");
	}
	return 0;
}

/* What sd_notify() does, which would need all of libsystemd */
static void notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length;
	int fd;

	if (!path || strlen(path) >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, strlen(path));
	length = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL,
		   (struct sockaddr *)&address, length) < 0)
		log_error("%s: %s", path, strerror(errno));
	close(fd);
}

static void on_signal(int watch, int fd, int events, void *opaque)
{
	struct signalfd_siginfo info;
	struct hybridd *hybridd = opaque;

	if (read(fd, &info, sizeof(info)) == sizeof(info))
		hybridd->is_over = true;
}

static int watch_signals(struct hybridd *hybridd)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return log_error("signalfd: %s", strerror(errno));
	if (virEventAddHandle(fd, VIR_EVENT_HANDLE_READABLE, on_signal, hybridd,
			      NULL) < 0)
		return log_libvirt("no event loop");
	return 0;
}

static void disconnect(struct hybridd *hybridd)
{
	if (hybridd->keeper)
		keeper_free(hybridd->keeper);
	hybridd->keeper = NULL;
	if (hybridd->conn)
		conn_close(hybridd->conn);
	hybridd->conn = NULL;
}

/* It is in a callback of the connection that ends here */
static void on_close(virConnectPtr conn, int reason, void *opaque)
{
	struct hybridd *hybridd = opaque;

	log_line(LOG_WARNING, "the connection to libvirt is lost");
	virEventUpdateTimeout(hybridd->timer, 0);
}

static int begin(struct hybridd *hybridd)
{
	virConnectPtr conn = hybridd->conn;

	hybridd->keeper = keeper_new(conn);
	if (!hybridd->keeper || events_watch(conn, hybridd->keeper))
		return -1;
	if (virConnectRegisterCloseCallback(conn, on_close, hybridd, NULL))
		return log_libvirt("no word if libvirt goes");
	/* One that knows of none, as a local one before 0.9.8, does without */
	virConnectSetKeepAlive(conn, KEEPALIVE_SECONDS, KEEPALIVE_TIMES);
	return keeper_wake_all(hybridd->keeper);
}

static void on_connect(int timer, void *opaque)
{
	struct hybridd *hybridd = opaque;

	disconnect(hybridd);
	hybridd->conn = conn_open_quietly(hybridd->uri);
	if (hybridd->conn && !begin(hybridd)) {
		virEventUpdateTimeout(timer, -1);
		hybridd->delay = BACKOFF_MIN;
		hybridd->is_told = false;
		log_line(LOG_NOTICE, "connected to libvirt");
		return;
	}
	if (!hybridd->conn && !hybridd->is_told)
		log_libvirt("no connection to libvirt, it is tried again");
	hybridd->is_told = true;
	disconnect(hybridd);
	virEventUpdateTimeout(timer, hybridd->delay);
	hybridd->delay = backoff_next(hybridd->delay);
}

static int run(struct hybridd *hybridd)
{
	if (conn_init() || lock_host() || watch_signals(hybridd))
		return -1;
	hybridd->delay = BACKOFF_MIN;
	hybridd->timer = virEventAddTimeout(-1, on_connect, hybridd, NULL);
	if (hybridd->timer < 0)
		return log_libvirt("no timer");
	on_connect(hybridd->timer, hybridd);
	notify("READY=1");
	while (!hybridd->is_over)
		if (virEventRunDefaultImpl())
			return log_libvirt("the event loop has ended");
	notify("STOPPING=1");
	disconnect(hybridd);
	return 0;
}

/**
 * main - the program
 * @argc: how many words it got
 * @argv: the words
 *
 * Context: the first thread.
 * Return: 0; 1 if something failed, of which a line has told; 2 if the words
 *	make no sense.
 */
int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "connect", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	static const char usage[] = "usage: virtnet-hybridd [--connect URI]\n";
	struct hybridd hybridd = {};
	int letter;

	log_open("virtnet-hybridd");
	while ((letter = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (letter) {
		case 'c':
			hybridd.uri = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return run(&hybridd) ? EXIT_FAILURE : 0;
}
