/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_XML_H
#define VIRTNET_HYBRID_XML_H

#include <libxml/tree.h>
#include <stdbool.h>

/* Of our elements in the metadata of domains and networks */
#define XML_NAMESPACE "urn:virtnet-hybrid"
#define XML_PREFIX "hybrid"
/* What the daemon alone writes is apart: each element has one writer */
#define XML_BOOT_NAMESPACE "urn:virtnet-hybrid:boot"
#define XML_BOOT_PREFIX "hybrid-boot"
/* What this program writes, and the newest that it reads */
#define XML_VERSION 1

xmlDoc *xml_parse(const char *text, const char *what);
xmlNode *xml_child(const xmlNode *node, const char *name);
xmlNode *xml_next(const xmlNode *node);
xmlNode *xml_ours(const xmlNode *root, const char *name, const char *namespace);
char *xml_attribute(const xmlNode *node, const char *name);
char *xml_text(const xmlNode *node, const char *child);
bool xml_attribute_is(const xmlNode *node, const char *name,
		      const char *value);
long xml_long(const xmlNode *node, const char *name, long missing);
int xml_number(const xmlNode *node, const char *name, int missing);
int xml_version(const xmlNode *node, const char *what);

xmlNode *xml_new(xmlNode *parent, const char *name);
void xml_set(xmlNode *node, const char *name, const char *value);
void xml_set_number(xmlNode *node, const char *name, long value);
char *xml_print(xmlNode *node);

#endif
