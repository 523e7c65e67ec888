/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_COMMANDS_H
#define VIRTNET_HYBRID_COMMANDS_H

#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct options - what was asked for
 * @uri: of libvirt
 * @pf: of a pool to be
 * @bridge: for standby
 * @macvtap: for standby instead of a bridge
 * @vlan: of the VFs
 * @network: the pool
 * @mac: of the interface
 * @flags: VIR_DOMAIN_AFFECT_LIVE and _CONFIG
 * @json: for programs
 * @needs_vf: a guest that would have none at the target stays
 * @timeout: how long a guest may take to let its VF go
 */
struct options {
	const char *uri;
	const char *pf;
	const char *bridge;
	bool macvtap;
	const char *vlan;
	const char *network;
	const char *mac;
	unsigned int flags;
	bool json;
	bool needs_vf;
	const char *timeout;
};

/**
 * struct command - one of this program's
 * @name: its words
 * @arguments: what comes after them, for people
 * @least: how many arguments it needs
 * @most: how many it takes
 * @accepts: the options, by letter
 * @offline: whether it connects to libvirt itself, if it has to
 * @run: what it does; 0, or -1 and a line
 */
struct command {
	const char *name;
	const char *arguments;
	int least;
	int most;
	const char *accepts;
	bool offline;
	int (*run)(virConnectPtr conn, const struct options *options,
		   char **arguments);
};

int command_number(const char *text, const char *what, const char *unit,
		   int most, int *number);

extern const struct command commands[];
extern const size_t commands_count;

#endif
