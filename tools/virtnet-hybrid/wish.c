// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is declared of a domain's hybrid interfaces, an element in its metadata:
 *
 *   <hybrid:hybrid xmlns:hybrid="urn:virtnet-hybrid" version="1">
 *     <interface mac="52:54:00:12:34:56" network="pool" bus="6" wish="vf"/>
 *   </hybrid:hybrid>
 *
 * libvirt keeps it with the domain's configuration and copies it to a guest
 * that starts; the copy migrates along with the guest. While somebody needs the
 * guest without its VF, that has hold="HOST" and until="SECONDS" as well.
 */

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "log.h"
#include "wish.h"

static const char *const paths[] = {
	[WISH_VF] = "vf",
	[WISH_STANDBY] = "standby",
};

/**
 * wish_path_text - a path in a word
 * @path: the path
 *
 * Context: any.
 * Return: the word.
 */
const char *wish_path_text(enum wish_path path)
{
	return paths[path];
}

/**
 * wish_path_parse - read a path
 * @text: the word for it, or NULL
 * @path: where it goes
 *
 * Context: any.
 * Return: 0, or -1 without a word if it is none.
 */
int wish_path_parse(const char *text, enum wish_path *path)
{
	size_t i;

	for (i = 0; text && i < ARRAY_SIZE(paths); i++) {
		if (strcmp(text, paths[i]))
			continue;
		*path = i;
		return 0;
	}
	return -1;
}

static int read_wish(struct wish *wish, const xmlNode *node)
{
	char *path = xml_attribute(node, "wish");
	char *mac = xml_attribute(node, "mac");
	int result = -1;

	if (mac && !mac_parse(mac, &wish->mac) && !mac_fault(&wish->mac) &&
	    !wish_path_parse(path, &wish->path))
		result = 0;
	free(mac);
	free(path);
	wish->bus = xml_number(node, "bus", -1);
	wish->holder = xml_attribute(node, "hold");
	wish->hold_until = xml_long(node, "until", 0);
	wish->network = xml_attribute(node, "network");
	return wish->network ? result : -1;
}

static void release(struct wish *wish)
{
	free(wish->network);
	free(wish->holder);
}

/**
 * wishes_read - find what is declared of a domain
 * @wishes: where it goes, for wishes_free()
 * @domain: its <domain>
 * @name: its name, for errors
 *
 * Context: any.
 * Return: 0, also if nothing is, or -1 and a line.
 */
int wishes_read(struct wishes *wishes, const xmlNode *domain, const char *name)
{
	const xmlNode *node = xml_ours(domain, "hybrid", XML_NAMESPACE);
	struct wish wish;
	int result;

	*wishes = (struct wishes){};
	if (!node)
		return 0;
	if (xml_version(node, name))
		return -1;
	for (node = xml_child(node, "interface"); node; node = xml_next(node)) {
		wish = (struct wish){};
		result = read_wish(&wish, node);
		if (result)
			log_error("%s: a hybrid <interface> in its metadata is damaged (line %ld)",
				  name, xmlGetLineNo(node));
		else if (wishes_find(wishes, &wish.mac))
			result = log_error("%s: its metadata has a hybrid interface twice",
					   name);
		else
			result = wishes_set(wishes, &wish);
		release(&wish);
		if (result) {
			wishes_free(wishes);
			return -1;
		}
	}
	return 0;
}

/**
 * wishes_find - what is declared of one interface
 * @wishes: where to look
 * @mac: of the interface
 *
 * Context: any.
 * Return: its declaration, or NULL.
 */
struct wish *wishes_find(const struct wishes *wishes,
			 const struct ether_addr *mac)
{
	size_t i;

	for (i = 0; i < wishes->count; i++)
		if (mac_equal(&wishes->of[i].mac, mac))
			return &wishes->of[i];
	return NULL;
}

/**
 * wishes_set - declare an interface, or change what is declared
 * @wishes: what there is
 * @wish: what to say of it; it is copied
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int wishes_set(struct wishes *wishes, const struct wish *wish)
{
	struct wish *place = wishes_find(wishes, &wish->mac);
	struct wish copy = *wish;

	copy.network = strdup(wish->network);
	copy.holder = wish->holder ? strdup(wish->holder) : NULL;
	if (!copy.network || (wish->holder && !copy.holder)) {
		log_error("no memory");
		goto bad;
	}
	if (place) {
		release(place);
		*place = copy;
		return 0;
	}
	if (wishes->count == WISHES_MAX) {
		log_error("a domain has no more than %d hybrid interfaces",
			  WISHES_MAX);
		goto bad;
	}
	if (array_grow(&wishes->of, wishes->count))
		goto bad;
	wishes->of[wishes->count++] = copy;
	return 0;
bad:
	release(&copy);
	return -1;
}

/**
 * wishes_remove - take a declaration back
 * @wishes: what there is
 * @mac: of the interface; nothing happens if it is not declared
 *
 * Context: any.
 */
void wishes_remove(struct wishes *wishes, const struct ether_addr *mac)
{
	struct wish *wish = wishes_find(wishes, mac);

	if (!wish)
		return;
	release(wish);
	*wish = wishes->of[--wishes->count];
}

/**
 * wishes_print - the element for the metadata
 * @wishes: what to say
 *
 * Without the namespace, which libvirt adds.
 *
 * Context: any.
 * Return: the element, for free(), or NULL and a line.
 */
char *wishes_print(const struct wishes *wishes)
{
	xmlNode *root = xml_new(NULL, "hybrid");
	const struct wish *wish;
	char text[MAC_TEXT];
	xmlNode *node;
	size_t i;

	xml_set_number(root, "version", XML_VERSION);
	for (i = 0; i < wishes->count; i++) {
		wish = &wishes->of[i];
		node = xml_new(root, "interface");
		xml_set(node, "mac", mac_text(&wish->mac, text));
		xml_set(node, "network", wish->network);
		if (wish->bus >= 0)
			xml_set_number(node, "bus", wish->bus);
		xml_set(node, "wish", wish_path_text(wish->path));
		if (wish->holder) {
			xml_set(node, "hold", wish->holder);
			xml_set_number(node, "until", wish->hold_until);
		}
	}
	return xml_print(root);
}

/**
 * wishes_free - let all of them go
 * @wishes: empty afterwards
 *
 * Context: any.
 */
void wishes_free(struct wishes *wishes)
{
	size_t i;

	for (i = 0; i < wishes->count; i++)
		release(&wishes->of[i]);
	free(wishes->of);
	*wishes = (struct wishes){};
}
