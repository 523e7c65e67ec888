// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands about pools of VFs. */

#include <stdio.h>
#include <stdlib.h>

#include "conn.h"
#include "log.h"
#include "network.h"
#include "pool.h"
#include "vf.h"

/**
 * pool_define - the command "network define"
 * @conn: to libvirt
 * @options: of the command line
 * @arguments: of the command line
 *
 * Context: any.
 * Return: 0, or -1, a line, and no such network.
 */
int pool_define(virConnectPtr conn, const struct options *options,
		char **arguments)
{
	/* Not freed: the words are those of the command line */
	struct network network = {
		.name = arguments[0],
		.pf = (char *)options->pf,
		.bridge = (char *)options->bridge,
	};

	if (!options->pf)
		return log_error("whose VFs? --pf DEV");
	if (options->macvtap == !!options->bridge)
		return log_error("where is standby? --bridge BR or --macvtap");
	if (options->vlan && command_number(options->vlan, "a VLAN", "",
					    VLAN_MAX, &network.vlan))
		return -1;
	/* Another host's netdevs are for its libvirt to look at */
	if (conn_is_local(conn) &&
	    (vf_check_pf(options->pf) ||
	     (options->bridge && vf_check_bridge(options->bridge))))
		return -1;
	return network_define(conn, &network);
}

/**
 * pool_undefine - the command "network undefine"
 * @conn: to libvirt
 * @options: of the command line
 * @arguments: of the command line
 *
 * Context: any.
 * Return: 0, or -1, a line, and the network as it was.
 */
int pool_undefine(virConnectPtr conn, const struct options *options,
		  char **arguments)
{
	return network_undefine(conn, arguments[0]);
}

static void print_network(virConnectPtr conn, virNetworkPtr net)
{
	struct network network;
	struct pool pool;

	if (network_load(net, &network))
		return;
	network_pool(conn, network.name, &pool);
	if (network.is_ours)
		printf("%-20s %-15s %-15s %d of %d VFs used\n", network.name,
		       network.pf ? network.pf : "-",
		       network.bridge ? network.bridge : "macvtap",
		       pool.used, pool.size);
	network_free(&network);
}

/**
 * pool_list - the command "network list"
 * @conn: to libvirt
 * @options: of the command line
 * @arguments: of the command line
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int pool_list(virConnectPtr conn, const struct options *options,
	      char **arguments)
{
	virNetworkPtr *nets = NULL;
	int count = virConnectListAllNetworks(conn, &nets, 0);
	int i;

	if (count < 0)
		return log_libvirt("no list of networks");
	for (i = 0; i < count; i++) {
		print_network(conn, nets[i]);
		virNetworkFree(nets[i]);
	}
	free(nets);
	return 0;
}
