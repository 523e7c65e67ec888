// SPDX-License-Identifier: GPL-2.0-or-later
/* The XML of the devices that a pair is made of. */

#include <stdio.h>

#include "pair.h"
#include "xml.h"

/* Of PCIe's link capabilities; libvirt's own are low: (slot << 3) + function */
#define PORT_FIRST 0x80
#define PORT_MASK 0xff

/* libvirt keeps an alias that begins so */
static const char *const prefixes[] = {
	[PAIR_STANDBY] = "ua-standby",
	[PAIR_PORT] = "ua-port",
	[PAIR_VF] = "ua-vf",
};

/**
 * pair_alias - libvirt's name for a part
 * @part: which one
 * @mac: of the pair
 * @alias: room for it
 *
 * Context: any.
 * Return: @alias.
 */
const char *pair_alias(enum pair_part part, const struct ether_addr *mac,
		       char alias[PAIR_ALIAS])
{
	char digits[MAC_DIGITS];

	snprintf(alias, PAIR_ALIAS, "%s-%s", prefixes[part],
		 mac_digits(mac, digits));
	return alias;
}

static void set_alias(xmlNode *node, enum pair_part part,
		      const struct ether_addr *mac)
{
	char alias[PAIR_ALIAS];

	xml_set(xml_new(node, "alias"), "name", pair_alias(part, mac, alias));
}

static xmlNode *new_interface(const char *type, const struct ether_addr *mac)
{
	xmlNode *node = xml_new(NULL, "interface");
	char text[MAC_TEXT];

	xml_set(node, "type", type);
	xml_set(xml_new(node, "mac"), "address", mac_text(mac, text));
	return node;
}

/* A boot ROM is part of what migrates, and another host's may be larger; that
 * of a VF is not to be run at all.
 */
static void take_rom(xmlNode *node)
{
	xml_set(xml_new(node, "rom"), "enabled", "no");
}

/**
 * pair_standby - the device that stays
 * @network: says where it is plugged in
 * @mac: of the pair
 *
 * Context: any.
 * Return: its XML, for free(), or NULL and a line.
 */
char *pair_standby(const struct network *network, const struct ether_addr *mac)
{
	xmlNode *node = new_interface(network->bridge ? "bridge" : "direct",
				      mac);
	xmlNode *source = xml_new(node, "source");

	if (network->bridge) {
		xml_set(source, "bridge", network->bridge);
	} else {
		xml_set(source, "dev", network->pf);
		xml_set(source, "mode", "bridge");
	}
	xml_set(xml_new(node, "model"), "type", "virtio");
	/* QEMU's failover=on: it offers bit 62 */
	xml_set(xml_new(node, "teaming"), "type", "persistent");
	set_alias(node, PAIR_STANDBY, mac);
	take_rom(node);
	return xml_print(node);
}

/**
 * pair_port - a root port of the VF's own
 * @mac: of the pair
 * @bus: behind it
 *
 * Context: any.
 * Return: its XML, for free(), or NULL and a line.
 */
char *pair_port(const struct ether_addr *mac, int bus)
{
	xmlNode *node = xml_new(NULL, "controller");
	xmlNode *target;

	xml_set(node, "type", "pci");
	xml_set(node, "model", "pcie-root-port");
	xml_set_number(node, "index", bus);
	/* These libvirt fills in only for a whole domain; it takes the index
	 * for the chassis as well.
	 */
	xml_set(xml_new(node, "model"), "name", "pcie-root-port");
	target = xml_new(node, "target");
	xml_set_number(target, "chassis", bus);
	xml_set_number(target, "port", (PORT_FIRST + bus) & PORT_MASK);
	set_alias(node, PAIR_PORT, mac);
	return xml_print(node);
}

/**
 * pair_vf - the device that comes and goes
 * @network: whose pool it is of
 * @mac: of the pair
 * @bus: of the guest, where it is plugged in
 *
 * Without a <teaming>: the domain with it could neither be saved nor moved to a
 * host whose pool is empty, and QEMU would plug it again by itself.
 *
 * Context: any.
 * Return: its XML, for free(), or NULL and a line.
 */
char *pair_vf(const struct network *network, const struct ether_addr *mac,
	      int bus)
{
	xmlNode *node = new_interface("network", mac);
	xmlNode *address;

	xml_set(xml_new(node, "source"), "network", network->name);
	if (!network->is_hostdev)
		xml_set(xml_new(node, "model"), "type", "e1000e");
	set_alias(node, PAIR_VF, mac);
	take_rom(node);
	address = xml_new(node, "address");
	xml_set(address, "type", "pci");
	xml_set_number(address, "domain", 0);
	xml_set_number(address, "bus", bus);
	xml_set_number(address, "slot", 0);
	xml_set_number(address, "function", 0);
	return xml_print(node);
}
