// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A pool of VFs: a libvirt network, and in its metadata where the other half of
 * the pair is:
 *
 *   <hybrid:standby xmlns:hybrid="urn:virtnet-hybrid" version="1"
 *                   bridge="br0"/>
 *
 * or macvtap="PF".
 */

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "network.h"
#include "xml.h"

static int read_standby(struct network *network, const xmlNode *node)
{
	if (!node)
		return 0;
	if (xml_version(node, network->name))
		return -1;
	network->bridge = xml_attribute(node, "bridge");
	if (!network->bridge && !xmlHasProp(node, BAD_CAST "macvtap"))
		return log_error("%s: its metadata has no place for standby",
				 network->name);
	network->is_ours = true;
	return 0;
}

/* libvirt lists what the pool is of: addresses of VFs, or netdevs */
static void read_forward(struct network *network, const xmlNode *forward)
{
	const xmlNode *node;

	network->is_hostdev = xml_attribute_is(forward, "mode", "hostdev");
	for (node = forward ? forward->children : NULL; node; node = node->next)
		if (!xmlStrcmp(node->name, BAD_CAST "address") ||
		    !xmlStrcmp(node->name, BAD_CAST "interface"))
			network->vfs++;
	network->pf = xml_attribute(xml_child(forward, "pf"), "dev");
}

/**
 * network_read - read a network's XML
 * @network: where it goes, for network_free()
 * @xml: of libvirt
 *
 * Context: any.
 * Return: 0, also if nobody says where standby is, or -1 and a line.
 */
int network_read(struct network *network, const char *xml)
{
	xmlNode *root;
	xmlNode *tag;
	xmlDoc *doc;

	*network = (struct network){};
	doc = xml_parse(xml, "the network");
	if (!doc)
		return -1;
	root = xmlDocGetRootElement(doc);
	network->name = xml_text(root, "name");
	if (!network->name) {
		log_error("a <network> without a <name>");
		goto bad;
	}
	if (read_standby(network, xml_ours(root, "standby", XML_NAMESPACE)))
		goto bad;
	read_forward(network, xml_child(root, "forward"));
	tag = xml_child(xml_child(root, "vlan"), "tag");
	network->vlan = xml_number(tag, "id", 0);
	xmlFreeDoc(doc);
	return 0;
bad:
	xmlFreeDoc(doc);
	network_free(network);
	return -1;
}

/**
 * network_print - the XML of a pool
 * @network: what to say, with a PF
 *
 * Context: any.
 * Return: the XML, for free(), or NULL and a line.
 */
char *network_print(const struct network *network)
{
	xmlNode *root = xml_new(NULL, "network");
	xmlNode *node;

	xmlNewTextChild(root, NULL, BAD_CAST "name", BAD_CAST network->name);
	node = xml_new(xml_new(root, "metadata"), "standby");
	xmlSetNs(node, xmlNewNs(node, BAD_CAST XML_NAMESPACE,
				BAD_CAST XML_PREFIX));
	xml_set_number(node, "version", XML_VERSION);
	if (network->bridge)
		xml_set(node, "bridge", network->bridge);
	else
		xml_set(node, "macvtap", network->pf);
	node = xml_new(root, "forward");
	xml_set(node, "mode", "hostdev");
	xml_set(node, "managed", "yes");
	xml_set(xml_new(node, "pf"), "dev", network->pf);
	if (network->vlan)
		xml_set_number(xml_new(xml_new(root, "vlan"), "tag"), "id",
			       network->vlan);
	return xml_print(root);
}

/**
 * network_free - let it go
 * @network: empty afterwards
 *
 * Context: any.
 */
void network_free(struct network *network)
{
	free(network->name);
	free(network->pf);
	free(network->bridge);
	*network = (struct network){};
}

/**
 * network_load - read a network
 * @net: of libvirt
 * @network: where it goes, for network_free()
 *
 * Context: any.
 * Return: 0, also if nobody says where standby is, or -1 and a line.
 */
int network_load(virNetworkPtr net, struct network *network)
{
	char *xml = virNetworkGetXMLDesc(net, 0);
	int result;

	if (!xml)
		return log_libvirt("network %s", virNetworkGetName(net));
	result = network_read(network, xml);
	free(xml);
	return result;
}

/**
 * network_get - find a pool
 * @conn: to libvirt
 * @name: of the network
 * @network: where it goes, for network_free()
 *
 * Context: any.
 * Return: 0, or -1 and a line, also if it is a network but no pool of ours.
 */
int network_get(virConnectPtr conn, const char *name, struct network *network)
{
	virNetworkPtr net = virNetworkLookupByName(conn, name);
	int result;

	if (!net)
		return log_libvirt("network %s", name);
	result = network_load(net, network);
	virNetworkFree(net);
	if (!result && !network->is_ours) {
		result = log_error("network %s: nothing says where standby is; define it by \"network define\"",
				   name);
		network_free(network);
	}
	return result;
}

/**
 * network_define - make a pool, now and whenever the host starts
 * @conn: to libvirt
 * @network: what it shall be
 *
 * Context: any.
 * Return: 0, or -1, a line, and no such network.
 */
int network_define(virConnectPtr conn, const struct network *network)
{
	virNetworkPtr net = virNetworkLookupByName(conn, network->name);
	char *xml;

	if (net) {
		virNetworkFree(net);
		return log_error("there is a network %s", network->name);
	}
	xml = network_print(network);
	if (!xml)
		return -1;
	net = virNetworkDefineXML(conn, xml);
	free(xml);
	if (!net)
		return log_libvirt("network %s", network->name);
	if (virNetworkCreate(net) || virNetworkSetAutostart(net, 1)) {
		log_libvirt("network %s", network->name);
		virNetworkDestroy(net);
		virNetworkUndefine(net);
		virNetworkFree(net);
		return -1;
	}
	virNetworkFree(net);
	return 0;
}

/* How many VFs guests have, or -1 and a line */
static int count_used(virNetworkPtr net)
{
	virNetworkPortPtr *ports = NULL;
	int count = virNetworkListAllPorts(net, &ports, 0);
	int i;

	if (count < 0)
		return log_libvirt("network %s", virNetworkGetName(net));
	for (i = 0; i < count; i++)
		virNetworkPortFree(ports[i]);
	free(ports);
	return count;
}

/**
 * network_undefine - take a pool away
 * @conn: to libvirt
 * @name: of the network
 *
 * Context: any.
 * Return: 0, or -1 and a line, also while somebody has a VF of it.
 */
int network_undefine(virConnectPtr conn, const char *name)
{
	struct network network;
	virNetworkPtr net;
	int result = -1;
	int used;

	if (network_get(conn, name, &network))
		return -1;
	network_free(&network);
	net = virNetworkLookupByName(conn, name);
	if (!net)
		return log_libvirt("network %s", name);
	used = count_used(net);
	if (used > 0)
		log_error("network %s: guests have %d of its VFs", name, used);
	else if (used == 0 && ((virNetworkIsActive(net) == 1 &&
				virNetworkDestroy(net)) ||
			       virNetworkUndefine(net)))
		log_libvirt("network %s", name);
	else
		result = used;
	virNetworkFree(net);
	return result;
}

static void look(virNetworkPtr net, struct pool *pool)
{
	struct network network;

	if (network_load(net, &network))
		return;
	pool->size = network.vfs;
	network_free(&network);
	pool->used = count_used(net);
	pool->is_active = pool->used >= 0;
}

/**
 * network_pool - see what is left of a network's VFs
 * @conn: to libvirt
 * @name: of the network
 * @pool: where it goes
 *
 * Context: any.
 */
void network_pool(virConnectPtr conn, const char *name, struct pool *pool)
{
	virNetworkPtr net = virNetworkLookupByName(conn, name);

	*pool = (struct pool){};
	if (!net)
		return;
	if (virNetworkIsActive(net) == 1)
		look(net, pool);
	virNetworkFree(net);
}
