// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading and making XML by libxml2, without its casts. */

#include <errno.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "xml.h"

/* libvirt itself takes no document of more than that over the wire, bytes */
#define DOCUMENT_MAX (32 * 1024 * 1024)

/**
 * xml_parse - read a document
 * @text: the document
 * @what: what to call it in an error
 *
 * Nothing is fetched, and nothing outside of the document is read.
 *
 * Context: any.
 * Return: the document, for xmlFreeDoc(), or NULL and a line.
 */
xmlDoc *xml_parse(const char *text, const char *what)
{
	const int options = XML_PARSE_NONET | XML_PARSE_NOERROR |
			    XML_PARSE_NOWARNING | XML_PARSE_NOBLANKS;
	size_t bytes = strlen(text);
	const xmlError *error;
	xmlDoc *doc;

	if (bytes > DOCUMENT_MAX) {
		log_error("%s is too long, %zu bytes", what, bytes);
		return NULL;
	}
	doc = xmlReadMemory(text, bytes, NULL, NULL, options);
	if (doc && xmlDocGetRootElement(doc))
		return doc;
	error = xmlGetLastError();
	log_error("%s is no XML: %s", what,
		  error && error->message ? error->message : "it is empty");
	xmlFreeDoc(doc);
	return NULL;
}

static bool is_named(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
	       !xmlStrcmp(node->name, BAD_CAST name);
}

static xmlNode *first_named(xmlNode *node, const char *name)
{
	while (node && !is_named(node, name))
		node = node->next;
	return node;
}

/**
 * xml_child - find an element
 * @node: its parent, may be NULL
 * @name: without a prefix
 *
 * Context: any.
 * Return: the first one, or NULL.
 */
xmlNode *xml_child(const xmlNode *node, const char *name)
{
	return node ? first_named(node->children, name) : NULL;
}

/**
 * xml_next - find the next element of the same name
 * @node: the one before it
 *
 * Context: any.
 * Return: the next one, or NULL.
 */
xmlNode *xml_next(const xmlNode *node)
{
	return first_named(node->next, (const char *)node->name);
}

/**
 * xml_ours - find this program's element in the metadata
 * @root: a <domain> or a <network>
 * @name: of the element
 * @namespace: of the element
 *
 * Context: any.
 * Return: the element, or NULL.
 */
xmlNode *xml_ours(const xmlNode *root, const char *name, const char *namespace)
{
	xmlNode *node = xml_child(xml_child(root, "metadata"), name);

	while (node && !(node->ns && !xmlStrcmp(node->ns->href,
						BAD_CAST namespace)))
		node = xml_next(node);
	return node;
}

static char *copy_of(xmlChar *value)
{
	char *copy = NULL;

	if (value)
		copy = strdup((const char *)value);
	xmlFree(value);
	return copy;
}

/**
 * xml_attribute - read an attribute
 * @node: the element, may be NULL
 * @name: of the attribute
 *
 * Context: any.
 * Return: its value, for free(), or NULL.
 */
char *xml_attribute(const xmlNode *node, const char *name)
{
	return node ? copy_of(xmlGetNoNsProp(node, BAD_CAST name)) : NULL;
}

/**
 * xml_text - read what an element says
 * @node: its parent, may be NULL
 * @child: its name
 *
 * Context: any.
 * Return: the text, for free(), or NULL without such an element.
 */
char *xml_text(const xmlNode *node, const char *child)
{
	node = xml_child(node, child);
	return node ? copy_of(xmlNodeGetContent(node)) : NULL;
}

/**
 * xml_attribute_is - compare an attribute
 * @node: the element, may be NULL
 * @name: of the attribute
 * @value: what it may be
 *
 * Context: any.
 * Return: whether it is there and is that.
 */
bool xml_attribute_is(const xmlNode *node, const char *name, const char *value)
{
	char *is = xml_attribute(node, name);
	bool same = is && !strcmp(is, value);

	free(is);
	return same;
}

/**
 * xml_long - read an attribute that is a number, however large
 * @node: the element, may be NULL
 * @name: of the attribute
 * @missing: what to return without it
 *
 * Context: any.
 * Return: the number, decimal or with 0x, or @missing if it is none.
 */
long xml_long(const xmlNode *node, const char *name, long missing)
{
	char *text = xml_attribute(node, name);
	long number = missing;
	char *end;
	long value;

	errno = 0;
	if (text && *text) {
		value = strtol(text, &end, 0);
		if (!*end && !errno)
			number = value;
	}
	free(text);
	return number;
}

/**
 * xml_number - read an attribute that is a number
 * @node: the element, may be NULL
 * @name: of the attribute
 * @missing: what to return without it
 *
 * Context: any.
 * Return: the number, decimal or with 0x, or @missing if it is none or large.
 */
int xml_number(const xmlNode *node, const char *name, int missing)
{
	long number = xml_long(node, name, missing);

	return number == (int)number ? number : missing;
}

/**
 * xml_version - can this program read one of our elements?
 * @node: the element
 * @what: whose it is, for an error
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int xml_version(const xmlNode *node, const char *what)
{
	int version = xml_number(node, "version", 0);

	if (version < 1)
		return log_error("%s: its <%s> has no version", what,
				 (const char *)node->name);
	if (version > XML_VERSION)
		return log_error("%s: its <%s> is of version %d, newer than %d",
				 what, (const char *)node->name, version,
				 XML_VERSION);
	return 0;
}

/**
 * xml_new - make an element
 * @parent: what it goes into, at the end, or NULL
 * @name: of the element
 *
 * Context: any.
 * Return: the element; without a parent it is for xml_print().
 */
xmlNode *xml_new(xmlNode *parent, const char *name)
{
	if (parent)
		return xmlNewChild(parent, NULL, BAD_CAST name, NULL);
	return xmlNewNode(NULL, BAD_CAST name);
}

/**
 * xml_set - give an element an attribute
 * @node: the element
 * @name: of the attribute
 * @value: what it shall be; NULL: none
 *
 * Context: any.
 */
void xml_set(xmlNode *node, const char *name, const char *value)
{
	if (value)
		xmlSetProp(node, BAD_CAST name, BAD_CAST value);
}

/**
 * xml_set_number - give an element an attribute that is a number
 * @node: the element
 * @name: of the attribute
 * @value: what it shall be
 *
 * Context: any.
 */
void xml_set_number(xmlNode *node, const char *name, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	xml_set(node, name, text);
}

/**
 * xml_print - an element as text
 * @node: the element, which has no parent and is gone afterwards
 *
 * Context: any.
 * Return: the text, for free(), or NULL and a line without memory.
 */
char *xml_print(xmlNode *node)
{
	xmlBuffer *buffer = xmlBufferCreate();
	char *text = NULL;

	if (buffer && xmlNodeDump(buffer, NULL, node, 0, 1) >= 0)
		text = strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	xmlFreeNode(node);
	if (!text)
		log_error("no memory");
	return text;
}
