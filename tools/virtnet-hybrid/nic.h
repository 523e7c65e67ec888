/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_NIC_H
#define VIRTNET_HYBRID_NIC_H

#include <stdbool.h>

#include "mac.h"
#include "xml.h"

/**
 * enum teaming - what a <teaming> element makes of a device
 * @TEAMING_NONE: there is none
 * @TEAMING_PERSISTENT: standby; QEMU offers bit 62
 * @TEAMING_TRANSIENT: the VF; QEMU hides it until the driver takes bit 62
 */
enum teaming { TEAMING_NONE, TEAMING_PERSISTENT, TEAMING_TRANSIENT };

/**
 * struct nic - a domain's <interface>, or a <hostdev> with a <teaming>
 * @mac: its address
 * @has_mac: whether it has one; a <hostdev> has not
 * @element: "interface" or "hostdev"
 * @model: what the guest sees, or NULL
 * @alias: libvirt's name for it, or NULL
 * @network: of libvirt, or NULL
 * @bridge: a bridge of the host, or NULL
 * @host: what is given to the guest, a netdev or a PCI address, or NULL
 * @target: its own netdev on the host, or NULL
 * @partner: the alias that its <teaming> names, or NULL
 * @teaming: what that says
 * @bus: of the guest; -1: not known yet
 * @slot: on that bus
 * @function: in that slot
 * @multifunction: whether that slot has more of them
 * @rom_off: whether QEMU gives it no boot ROM
 */
struct nic {
	struct ether_addr mac;
	bool has_mac;
	const char *element;
	char *model;
	char *alias;
	char *network;
	char *bridge;
	char *host;
	char *target;
	char *partner;
	enum teaming teaming;
	int bus;
	int slot;
	int function;
	bool multifunction;
	bool rom_off;
};

void nic_read(struct nic *nic, const xmlNode *node, const char *element);
void nic_free(struct nic *nic);
bool nic_is_virtio(const struct nic *nic);
bool nic_has_mac(const struct nic *nic, const struct ether_addr *mac);
bool nic_has_alias(const struct nic *nic, const char *alias);

#endif
