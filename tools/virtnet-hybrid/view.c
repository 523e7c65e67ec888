// SPDX-License-Identifier: GPL-2.0-or-later
/* Look at all that decides about a hybrid interface's VF. */

#include "hold.h"
#include "view.h"

/**
 * view_look - look
 * @view: where it goes
 * @conn: to libvirt
 * @domain: as it is
 * @wish: for its interface
 * @pool: of its network
 * @runs: whether the domain does
 *
 * Context: any.
 */
void view_look(struct view *view, virConnectPtr conn,
	       const struct domain *domain, const struct wish *wish,
	       const struct pool *pool, bool runs)
{
	*view = (struct view){
		.runs = runs,
		.wants_vf = wish->path == WISH_VF,
		.is_held = hold_is_on(conn, domain, wish),
		.has_vf = domain_vf(domain, &wish->mac),
		.has_standby = domain_standby(domain, &wish->mac),
		.negotiated = wish->negotiated,
		.has_pool = pool->is_active,
		.has_free_vf = pool->used < pool->size,
		.has_port = domain_free_port(domain, wish->bus),
	};
}
