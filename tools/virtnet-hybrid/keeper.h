/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_KEEPER_H
#define VIRTNET_HYBRID_KEEPER_H

#include <libvirt/libvirt.h>

struct keeper;

struct keeper *keeper_new(virConnectPtr conn);
void keeper_free(struct keeper *keeper);
void keeper_wake(struct keeper *keeper, virDomainPtr dom);
int keeper_wake_all(struct keeper *keeper);
void keeper_wake_waiting(struct keeper *keeper);
void keeper_negotiated(struct keeper *keeper, virDomainPtr dom,
		       const char *alias);
void keeper_rebooted(struct keeper *keeper, virDomainPtr dom);

#endif
