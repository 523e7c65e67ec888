// SPDX-License-Identifier: GPL-2.0-or-later
/* A network device in a domain's XML. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nic.h"

static void read_address(struct nic *nic, const xmlNode *address)
{
	nic->bus = -1;
	if (!xml_attribute_is(address, "type", "pci"))
		return;
	nic->bus = xml_number(address, "bus", -1);
	nic->slot = xml_number(address, "slot", 0);
	nic->function = xml_number(address, "function", 0);
	nic->multifunction = xml_attribute_is(address, "multifunction", "on");
}

static void read_teaming(struct nic *nic, const xmlNode *teaming)
{
	if (xml_attribute_is(teaming, "type", "persistent"))
		nic->teaming = TEAMING_PERSISTENT;
	else if (xml_attribute_is(teaming, "type", "transient"))
		nic->teaming = TEAMING_TRANSIENT;
	nic->partner = xml_attribute(teaming, "persistent");
}

/* As the kernel writes it, for free() */
static char *print_pci(const xmlNode *address)
{
	char *text = NULL;

	if (xml_attribute_is(address, "type", "pci") &&
	    asprintf(&text, "%04x:%02x:%02x.%x",
		     (unsigned int)xml_number(address, "domain", 0),
		     (unsigned int)xml_number(address, "bus", 0),
		     (unsigned int)xml_number(address, "slot", 0),
		     (unsigned int)xml_number(address, "function", 0)) < 0)
		text = NULL;
	return text;
}

static char *read_host(const xmlNode *source)
{
	const xmlNode *address = xml_child(source, "address");

	return address ? print_pci(address) : xml_attribute(source, "dev");
}

/**
 * nic_read - read a device
 * @nic: where it goes, for nic_free()
 * @node: its element
 * @element: the name of that
 *
 * What is not there, or is no number, is left out: libvirt has looked at it, or
 * will.
 *
 * Context: any.
 */
void nic_read(struct nic *nic, const xmlNode *node, const char *element)
{
	xmlNode *source = xml_child(node, "source");
	char *mac = xml_attribute(xml_child(node, "mac"), "address");

	*nic = (struct nic){ .element = element };
	nic->has_mac = mac && !mac_parse(mac, &nic->mac);
	free(mac);
	nic->model = xml_attribute(xml_child(node, "model"), "type");
	nic->alias = xml_attribute(xml_child(node, "alias"), "name");
	nic->network = xml_attribute(source, "network");
	nic->bridge = xml_attribute(source, "bridge");
	nic->host = read_host(source);
	nic->target = xml_attribute(xml_child(node, "target"), "dev");
	nic->rom_off = xml_attribute_is(xml_child(node, "rom"), "enabled",
					"no");
	read_teaming(nic, xml_child(node, "teaming"));
	read_address(nic, xml_child(node, "address"));
}

/**
 * nic_free - let it go
 * @nic: useless afterwards
 *
 * Context: any.
 */
void nic_free(struct nic *nic)
{
	free(nic->model);
	free(nic->alias);
	free(nic->network);
	free(nic->bridge);
	free(nic->host);
	free(nic->target);
	free(nic->partner);
}

/**
 * nic_is_virtio - is it one that could be standby?
 * @nic: the device
 *
 * Context: any.
 * Return: whether it is; a VF that is given to the guest has no model.
 */
bool nic_is_virtio(const struct nic *nic)
{
	return nic->model && !strncmp(nic->model, "virtio", 6);
}

/**
 * nic_has_mac - does it have an address?
 * @nic: the device
 * @mac: the address
 *
 * Context: any.
 * Return: whether it is this one.
 */
bool nic_has_mac(const struct nic *nic, const struct ether_addr *mac)
{
	return nic->has_mac && mac_equal(&nic->mac, mac);
}

/**
 * nic_has_alias - is it called so?
 * @nic: the device
 * @alias: by libvirt
 *
 * Context: any.
 * Return: whether it is.
 */
bool nic_has_alias(const struct nic *nic, const char *alias)
{
	return nic->alias && !strcmp(nic->alias, alias);
}
