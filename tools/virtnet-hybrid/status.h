/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_STATUS_H
#define VIRTNET_HYBRID_STATUS_H

#include <libvirt/libvirt.h>
#include <stdbool.h>

int status(virConnectPtr conn, virDomainPtr dom, bool as_json);

#endif
