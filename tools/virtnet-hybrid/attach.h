/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_ATTACH_H
#define VIRTNET_HYBRID_ATTACH_H

#include <libvirt/libvirt.h>

#include "mac.h"
#include "network.h"

unsigned int attach_scope(virDomainPtr dom, unsigned int flags);
int attach(virDomainPtr dom, const struct network *network,
	   const struct ether_addr *mac, unsigned int flags);
int detach(virDomainPtr dom, const struct ether_addr *mac,
	   unsigned int flags);

#endif
