/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_POOL_H
#define VIRTNET_HYBRID_POOL_H

#include <libvirt/libvirt.h>

#include "commands.h"

int pool_define(virConnectPtr conn, const struct options *options,
		char **arguments);
int pool_list(virConnectPtr conn, const struct options *options,
	      char **arguments);
int pool_undefine(virConnectPtr conn, const struct options *options,
		  char **arguments);

#endif
