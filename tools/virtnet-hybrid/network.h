/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_NETWORK_H
#define VIRTNET_HYBRID_NETWORK_H

#include <libvirt/libvirt.h>
#include <stdbool.h>

/* Of a VLAN, IEEE 802.1Q; 0: none */
#define VLAN_MAX 4094

/**
 * struct network - a libvirt network that VFs are of
 * @name: of it
 * @pf: the physical function whose VFs they are, or NULL
 * @bridge: that standby is plugged into; NULL: a macvtap on the PF
 * @vlan: of the VFs, 0: none
 * @is_ours: whether its metadata says where standby is
 * @is_hostdev: whether VFs go to the guest as they are; otherwise QEMU emulates
 *	a NIC on a macvtap of each netdev, which needs no SR-IOV
 * @vfs: how many there are, of those that libvirt knows
 */
struct network {
	char *name;
	char *pf;
	char *bridge;
	int vlan;
	bool is_ours;
	bool is_hostdev;
	int vfs;
};

/**
 * struct pool - what is left of a network's VFs
 * @is_active: whether it gives any out
 * @used: how many guests have
 * @size: how many there are
 */
struct pool {
	bool is_active;
	int used;
	int size;
};

int network_read(struct network *network, const char *xml);
int network_load(virNetworkPtr net, struct network *network);
char *network_print(const struct network *network);
void network_free(struct network *network);
int network_get(virConnectPtr conn, const char *name,
		struct network *network);
int network_define(virConnectPtr conn, const struct network *network);
int network_undefine(virConnectPtr conn, const char *name);
void network_pool(virConnectPtr conn, const char *name, struct pool *pool);

#endif
