/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_GUEST_H
#define VIRTNET_HYBRID_GUEST_H

#include <libvirt/libvirt.h>

#include "domain.h"

virDomainPtr guest_find(virConnectPtr conn, const char *name);
int guest_read(virDomainPtr dom, unsigned int scope, struct domain *domain);
int guest_declare(virDomainPtr dom, const struct wishes *wishes,
		  unsigned int flags);
int guest_note_boot(virDomainPtr dom, const struct wishes *wishes);
int guest_unplug(virDomainPtr dom, const char *alias, int timeout);

#endif
