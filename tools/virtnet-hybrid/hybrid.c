// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtnet-hybrid: one interface that is a VF and a virtio device, for libvirt.
 *
 *   commands.c  what it does to guests  pool.c      and to pools
 *   conn.c      libvirt                 guest.c     a domain there
 *   domain.c    a domain's XML          nic.c       a network device in it
 *   network.c   a pool of VFs           wish.c      what is declared
 *   pair.c      devices to be           attach.c    declare an interface
 *   hold.c      without its VF          migrate.c   to a host, to a file
 *   check.c     what is wrong           status.c    what it is doing
 *   vf.c        the host's kernel       log.c       one line for a person
 *   mac.c, xml.c, array.h               tools
 *
 * The daemon that plugs the VFs: hybridd.c.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "conn.h"
#include "log.h"

/* As most programs have it */
#define EXIT_USAGE 2

static const struct option long_options[] = {
	{ "connect", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ "pf", required_argument, NULL, 'p' },
	{ "bridge", required_argument, NULL, 'b' },
	{ "macvtap", no_argument, NULL, 'M' },
	{ "vlan", required_argument, NULL, 'v' },
	{ "network", required_argument, NULL, 'n' },
	{ "mac", required_argument, NULL, 'm' },
	{ "live", no_argument, NULL, 'L' },
	{ "config", no_argument, NULL, 'C' },
	{ "json", no_argument, NULL, 'j' },
	{ "need-vf", no_argument, NULL, 'V' },
	{ "unplug-timeout", required_argument, NULL, 'T' },
	{}
};

static void print_usage(FILE *out)
{
	size_t i;

	fputs("usage: virtnet-hybrid [--connect URI] COMMAND\n\n", out);
	for (i = 0; i < commands_count; i++)
		fprintf(out, "  %s %s\n", commands[i].name,
			commands[i].arguments);
}

static int bad_usage(void)
{
	print_usage(stderr);
	return EXIT_USAGE;
}

static void take_option(struct options *options, int letter)
{
	switch (letter) {
	case 'c':
		options->uri = optarg;
		break;
	case 'p':
		options->pf = optarg;
		break;
	case 'b':
		options->bridge = optarg;
		break;
	case 'M':
		options->macvtap = true;
		break;
	case 'v':
		options->vlan = optarg;
		break;
	case 'n':
		options->network = optarg;
		break;
	case 'm':
		options->mac = optarg;
		break;
	case 'L':
		options->flags |= VIR_DOMAIN_AFFECT_LIVE;
		break;
	case 'C':
		options->flags |= VIR_DOMAIN_AFFECT_CONFIG;
		break;
	case 'j':
		options->json = true;
		break;
	case 'V':
		options->needs_vf = true;
		break;
	case 'T':
		options->timeout = optarg;
		break;
	}
}

/* Its words, of which it has one or two, and how many these are */
static const struct command *find_command(char **words, int count, int *length)
{
	char name[64];
	size_t i;

	for (*length = 1; *length <= 2 && *length <= count; ++*length) {
		snprintf(name, sizeof(name), "%s%s%s", words[0],
			 *length == 2 ? " " : "",
			 *length == 2 ? words[1] : "");
		for (i = 0; i < commands_count; i++)
			if (!strcmp(commands[i].name, name))
				return &commands[i];
	}
	return NULL;
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
	const struct command *command;
	struct options options = {};
	char given[32] = "";
	virConnectPtr conn = NULL;
	size_t count = 0;
	int length;
	int letter;
	int result;

	log_open("virtnet-hybrid");
	while ((letter = getopt_long(argc, argv, "c:h", long_options,
				     NULL)) != -1) {
		if (letter == 'h') {
			print_usage(stdout);
			return 0;
		}
		if (letter == '?')
			return bad_usage();
		take_option(&options, letter);
		if (letter != 'c' && count < sizeof(given) - 1)
			given[count++] = letter;
	}
	argv += optind;
	argc -= optind;
	command = find_command(argv, argc, &length);
	if (!command || argc - length < command->least ||
	    argc - length > command->most ||
	    strspn(given, command->accepts) != count)
		return bad_usage();
	if (conn_init())
		return EXIT_FAILURE;
	if (!command->offline) {
		conn = conn_open(options.uri);
		if (!conn)
			return EXIT_FAILURE;
	}
	result = command->run(conn, &options, argv + length);
	if (conn)
		conn_close(conn);
	return result ? EXIT_FAILURE : 0;
}
