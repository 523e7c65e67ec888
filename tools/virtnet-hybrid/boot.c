// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest has done since its last boot, an element in the metadata of the
 * domain that runs:
 *
 *   <hybrid-boot:boot xmlns:hybrid-boot="urn:virtnet-hybrid:boot">
 *     <negotiated mac="52:54:00:12:34:56"/>
 *   </hybrid-boot:boot>
 *
 * QEMU says once that a driver has taken bit 62, and whoever comes later cannot
 * ask without tainting the domain. It goes with the guest when that migrates,
 * and is gone when it ends.
 */

#include <stdlib.h>

#include "boot.h"

/**
 * boot_read - find what a guest has done
 * @wishes: of its domain, where it goes
 * @domain: its <domain>
 *
 * Context: any.
 * Return: whether all that is said is about interfaces that are declared.
 */
bool boot_read(struct wishes *wishes, const xmlNode *domain)
{
	const xmlNode *node = xml_ours(domain, "boot", XML_BOOT_NAMESPACE);
	struct ether_addr address;
	bool is_known = true;
	struct wish *wish;
	char *mac;

	for (node = xml_child(node, "negotiated"); node;
	     node = xml_next(node)) {
		mac = xml_attribute(node, "mac");
		wish = mac && !mac_parse(mac, &address) ?
		       wishes_find(wishes, &address) : NULL;
		free(mac);
		if (wish)
			wish->negotiated = true;
		else
			is_known = false;
	}
	return is_known;
}

/**
 * boot_is_empty - is there nothing to keep?
 * @wishes: what the guest has done
 *
 * Context: any.
 * Return: whether there is no need for an element.
 */
bool boot_is_empty(const struct wishes *wishes)
{
	size_t i;

	for (i = 0; i < wishes->count; i++)
		if (wishes->of[i].negotiated)
			return false;
	return true;
}

/**
 * boot_print - the element for the metadata
 * @wishes: what the guest has done
 *
 * Without the namespace, which libvirt adds.
 *
 * Context: any.
 * Return: the element, for free(), or NULL and a line.
 */
char *boot_print(const struct wishes *wishes)
{
	xmlNode *root = xml_new(NULL, "boot");
	char text[MAC_TEXT];
	size_t i;

	for (i = 0; i < wishes->count; i++)
		if (wishes->of[i].negotiated)
			xml_set(xml_new(root, "negotiated"), "mac",
				mac_text(&wishes->of[i].mac, text));
	return xml_print(root);
}
