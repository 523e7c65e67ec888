/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_EVENTS_H
#define VIRTNET_HYBRID_EVENTS_H

#include <libvirt/libvirt.h>

#include "keeper.h"

int events_watch(virConnectPtr conn, struct keeper *keeper);
char *events_device(const char *details);

#endif
