/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_VIEW_H
#define VIRTNET_HYBRID_VIEW_H

#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "domain.h"
#include "network.h"

/**
 * struct view - all that decides about a hybrid interface's VF
 * @runs: whether the guest does
 * @wants_vf: whether it is to have one
 * @is_held: whether somebody needs it without one for a while
 * @has_vf: whether it has one
 * @has_standby: whether it has the other half
 * @negotiated: whether its driver has asked for it since its last boot
 * @has_pool: whether there is a pool to take one from
 * @has_free_vf: whether there is one in the pool
 * @has_port: whether there is a root port to plug it into
 */
struct view {
	bool runs;
	bool wants_vf;
	bool is_held;
	bool has_vf;
	bool has_standby;
	bool negotiated;
	bool has_pool;
	bool has_free_vf;
	bool has_port;
};

void view_look(struct view *view, virConnectPtr conn,
	       const struct domain *domain, const struct wish *wish,
	       const struct pool *pool, bool runs);

#endif
