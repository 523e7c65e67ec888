/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_CONN_H
#define VIRTNET_HYBRID_CONN_H

#include <libvirt/libvirt.h>
#include <stdbool.h>

int conn_init(void);
virConnectPtr conn_open(const char *uri);
virConnectPtr conn_open_quietly(const char *uri);
void conn_close(virConnectPtr conn);
bool conn_is_local(virConnectPtr conn);
int conn_host(virConnectPtr conn, char uuid[VIR_UUID_STRING_BUFLEN]);

#endif
