/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_HOLD_H
#define VIRTNET_HYBRID_HOLD_H

#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "domain.h"

bool hold_is_on(virConnectPtr conn, const struct domain *domain,
		const struct wish *wish);
int hold_take(virDomainPtr dom, int seconds);
int hold_release(virDomainPtr dom);
int hold_unplugged(virDomainPtr dom, int timeout);

#endif
