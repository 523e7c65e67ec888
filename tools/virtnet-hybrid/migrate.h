/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_MIGRATE_H
#define VIRTNET_HYBRID_MIGRATE_H

#include <libvirt/libvirt.h>
#include <stdbool.h>

/**
 * struct migration - how a guest is to move
 * @uri: of the libvirt to move to, as this one and the source's reach it
 * @needs_vf: whether it is to stay if there is no VF for it
 * @timeout: how long it may take to let a VF go, s
 */
struct migration {
	const char *uri;
	bool needs_vf;
	int timeout;
};

int migrate(virDomainPtr dom, const struct migration *migration);
int migrate_save(virDomainPtr dom, const char *file, int timeout);
int migrate_restore(virConnectPtr conn, const char *file);

#endif
