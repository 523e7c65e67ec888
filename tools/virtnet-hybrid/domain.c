// SPDX-License-Identifier: GPL-2.0-or-later
/* From a domain's XML to its network devices, pairs and root ports. */

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "boot.h"
#include "domain.h"
#include "log.h"

static int read_nic(struct domain *domain, const xmlNode *node,
		    const char *element)
{
	if (array_grow(&domain->nics, domain->nics_count))
		return -1;
	nic_read(&domain->nics[domain->nics_count++], node, element);
	return 0;
}

static int read_nics(struct domain *domain, const xmlNode *devices)
{
	const xmlNode *node;

	for (node = xml_child(devices, "interface"); node;
	     node = xml_next(node))
		if (read_nic(domain, node, "interface"))
			return -1;
	for (node = xml_child(devices, "hostdev"); node; node = xml_next(node))
		if (xml_child(node, "teaming") &&
		    read_nic(domain, node, "hostdev"))
			return -1;
	return 0;
}

static int by_bus(const void *one, const void *other)
{
	return ((const struct port *)one)->bus -
	       ((const struct port *)other)->bus;
}

static int read_port(struct domain *domain, const xmlNode *node)
{
	int bus = xml_number(node, "index", -1);

	if (!xml_attribute_is(node, "type", "pci") || bus < 0)
		return 0;
	if (bus > domain->last_bus)
		domain->last_bus = bus;
	if (!xml_attribute_is(node, "model", "pcie-root-port"))
		return 0;
	if (array_grow(&domain->ports, domain->ports_count))
		return -1;
	domain->ports[domain->ports_count++] = (struct port){
		.bus = bus,
		.alias = xml_attribute(xml_child(node, "alias"), "name"),
	};
	return 0;
}

static int read_ports(struct domain *domain, const xmlNode *devices)
{
	const xmlNode *node;

	for (node = xml_child(devices, "controller"); node;
	     node = xml_next(node))
		if (read_port(domain, node))
			return -1;
	if (domain->ports_count)
		qsort(domain->ports, domain->ports_count,
		      sizeof(*domain->ports), by_bus);
	return 0;
}

/* Of any device, controllers as well: a switch may be plugged into a port. */
static void take_ports(struct domain *domain, const xmlNode *devices)
{
	const xmlNode *address;
	const xmlNode *node;
	size_t i;
	int bus;

	for (node = devices->children; node; node = node->next) {
		address = xml_child(node, "address");
		if (!xml_attribute_is(address, "type", "pci"))
			continue;
		bus = xml_number(address, "bus", 0);
		for (i = 0; i < domain->ports_count; i++)
			if (domain->ports[i].bus == bus)
				domain->ports[i].is_taken = true;
	}
}

static int read_devices(struct domain *domain, const xmlNode *root)
{
	const xmlNode *devices = xml_child(root, "devices");

	if (!devices)
		return 0;
	if (read_nics(domain, devices) || read_ports(domain, devices))
		return -1;
	take_ports(domain, devices);
	return 0;
}

static int read_declared(struct domain *domain, const xmlNode *root)
{
	if (wishes_read(&domain->wishes, root, domain->name))
		return -1;
	domain->boot_is_old = !boot_read(&domain->wishes, root);
	return 0;
}

static int read_root(struct domain *domain, const xmlNode *root)
{
	const xmlNode *type = xml_child(xml_child(root, "os"), "type");

	if (xmlStrcmp(root->name, BAD_CAST "domain"))
		return log_error("no <domain>, but <%s>",
				 (const char *)root->name);
	domain->name = xml_text(root, "name");
	if (!domain->name)
		return log_error("a <domain> without a <name>");
	domain->machine = xml_attribute(type, "machine");
	return read_devices(domain, root);
}

static int read_document(struct domain *domain, const char *xml,
			 bool with_declared)
{
	xmlDoc *doc = xml_parse(xml, "the domain");
	xmlNode *root;
	int result;

	*domain = (struct domain){};
	if (!doc)
		return -1;
	root = xmlDocGetRootElement(doc);
	result = read_root(domain, root);
	if (!result && with_declared)
		result = read_declared(domain, root);
	xmlFreeDoc(doc);
	if (result)
		domain_free(domain);
	return result;
}

/**
 * domain_read - read a domain's XML
 * @domain: where it goes, for domain_free()
 * @xml: of a live domain or of what is configured, or somebody's file
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int domain_read(struct domain *domain, const char *xml)
{
	return read_document(domain, xml, true);
}

/**
 * domain_read_devices - read a domain's XML, but for what is declared
 * @domain: where it goes, for domain_free()
 * @xml: as above
 *
 * For a domain that somebody else is responsible for, and whose metadata may
 * be damaged.
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int domain_read_devices(struct domain *domain, const char *xml)
{
	return read_document(domain, xml, false);
}

/**
 * domain_free - let all of it go
 * @domain: empty afterwards
 *
 * Context: any.
 */
void domain_free(struct domain *domain)
{
	size_t i;

	for (i = 0; i < domain->nics_count; i++)
		nic_free(&domain->nics[i]);
	free(domain->nics);
	for (i = 0; i < domain->ports_count; i++)
		free(domain->ports[i].alias);
	free(domain->ports);
	wishes_free(&domain->wishes);
	free(domain->machine);
	free(domain->name);
	*domain = (struct domain){};
}

/**
 * domain_has_pcie - can a VF be plugged at all?
 * @domain: the domain
 *
 * QEMU pairs devices of PCIe only, and libvirt plugs into root ports.
 *
 * Context: any.
 * Return: whether its machine has a PCIe root.
 */
bool domain_has_pcie(const struct domain *domain)
{
	const char *machine = domain->machine;

	return machine && (!strncmp(machine, "q35", 3) ||
			   !strncmp(machine, "pc-q35", 6) ||
			   !strncmp(machine, "virt", 4));
}

/**
 * domain_standby - the virtio device that offers bit 62
 * @domain: the domain
 * @mac: of the pair
 *
 * Context: any.
 * Return: the device, or NULL.
 */
const struct nic *domain_standby(const struct domain *domain,
				 const struct ether_addr *mac)
{
	const struct nic *nic;
	size_t i;

	for (i = 0; i < domain->nics_count; i++) {
		nic = &domain->nics[i];
		if (nic_has_mac(nic, mac) &&
		    nic->teaming == TEAMING_PERSISTENT)
			return nic;
	}
	return NULL;
}

/**
 * domain_vf - the device that the guest takes for its VF
 * @domain: the domain
 * @mac: of the pair
 *
 * Context: any.
 * Return: the device, or NULL.
 */
const struct nic *domain_vf(const struct domain *domain,
			    const struct ether_addr *mac)
{
	const struct nic *nic;
	size_t i;

	for (i = 0; i < domain->nics_count; i++) {
		nic = &domain->nics[i];
		if (nic_has_mac(nic, mac) && !nic_is_virtio(nic))
			return nic;
	}
	return NULL;
}

/**
 * domain_by_alias - find a network device
 * @domain: the domain
 * @alias: libvirt's name for it
 *
 * Context: any.
 * Return: the device, or NULL.
 */
const struct nic *domain_by_alias(const struct domain *domain,
				  const char *alias)
{
	size_t i;

	for (i = 0; i < domain->nics_count; i++)
		if (nic_has_alias(&domain->nics[i], alias))
			return &domain->nics[i];
	return NULL;
}

/**
 * domain_port - find a root port
 * @domain: the domain
 * @bus: behind it
 *
 * Context: any.
 * Return: the port, or NULL.
 */
const struct port *domain_port(const struct domain *domain, int bus)
{
	size_t i;

	for (i = 0; i < domain->ports_count; i++)
		if (domain->ports[i].bus == bus)
			return &domain->ports[i];
	return NULL;
}

/**
 * domain_port_by_alias - find a root port
 * @domain: the domain
 * @alias: libvirt's name for it
 *
 * Context: any.
 * Return: the port, or NULL.
 */
const struct port *domain_port_by_alias(const struct domain *domain,
					const char *alias)
{
	size_t i;

	for (i = 0; i < domain->ports_count; i++)
		if (domain->ports[i].alias &&
		    !strcmp(domain->ports[i].alias, alias))
			return &domain->ports[i];
	return NULL;
}

/**
 * domain_free_port - a root port to plug something into
 * @domain: the domain
 * @bus: behind the one that is liked best, or -1
 *
 * Context: any.
 * Return: that one if it is free, or the first that is, or NULL.
 */
const struct port *domain_free_port(const struct domain *domain, int bus)
{
	const struct port *port = domain_port(domain, bus);
	size_t i;

	if (port && !port->is_taken)
		return port;
	for (i = 0; i < domain->ports_count; i++)
		if (!domain->ports[i].is_taken)
			return &domain->ports[i];
	return NULL;
}

/**
 * domain_free_ports - count them
 * @domain: the domain
 *
 * Context: any.
 * Return: how many root ports have nothing plugged in.
 */
size_t domain_free_ports(const struct domain *domain)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < domain->ports_count; i++)
		count += !domain->ports[i].is_taken;
	return count;
}
