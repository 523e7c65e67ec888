// SPDX-License-Identifier: GPL-2.0-or-later
/* The connection to libvirt. */

#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "log.h"
#include "xml.h"

/* Of the system's QEMU driver, if nobody says anything else */
#define DEFAULT_URI "qemu:///system"

/**
 * conn_init - have libvirt use its own event loop
 *
 * Events are delivered by virEventRunDefaultImpl().
 *
 * Context: once, before the first connection.
 * Return: 0, or -1 and a line.
 */
int conn_init(void)
{
	return virEventRegisterDefaultImpl() ? log_libvirt("no event loop") : 0;
}

/**
 * conn_open_quietly - connect
 * @uri: of libvirt; NULL: that of its environment, or the system's
 *
 * Context: after conn_init().
 * Return: the connection, for conn_close(), or NULL without a word.
 */
virConnectPtr conn_open_quietly(const char *uri)
{
	if (!uri && !getenv("LIBVIRT_DEFAULT_URI"))
		uri = DEFAULT_URI;
	return virConnectOpenAuth(uri, virConnectAuthPtrDefault, 0);
}

/**
 * conn_open - connect
 * @uri: as above
 *
 * Context: after conn_init().
 * Return: the connection, for conn_close(), or NULL and a line.
 */
virConnectPtr conn_open(const char *uri)
{
	virConnectPtr conn = conn_open_quietly(uri);

	if (!conn)
		log_libvirt("no connection to libvirt");
	return conn;
}

/**
 * conn_close - disconnect
 * @conn: the connection
 *
 * Context: any.
 */
void conn_close(virConnectPtr conn)
{
	virConnectClose(conn);
}

/**
 * conn_is_local - is this host the one whose guests they are?
 * @conn: to libvirt
 *
 * Context: any.
 * Return: whether the URI names no other host.
 */
bool conn_is_local(virConnectPtr conn)
{
	char *uri = virConnectGetURI(conn);
	char *host = uri ? strstr(uri, "://") : NULL;
	bool is_local = host && host[3] == '/';

	free(uri);
	return is_local;
}

/**
 * conn_host - which host is it?
 * @conn: to libvirt
 * @uuid: room for what it calls itself
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int conn_host(virConnectPtr conn, char uuid[VIR_UUID_STRING_BUFLEN])
{
	char *xml = virConnectGetCapabilities(conn);
	char *text = NULL;
	int result = -1;
	xmlDoc *doc;

	if (!xml)
		return log_libvirt("no capabilities");
	doc = xml_parse(xml, "what libvirt can do");
	if (doc) {
		text = xml_text(xml_child(xmlDocGetRootElement(doc), "host"),
				"uuid");
		xmlFreeDoc(doc);
	}
	if (text && strlen(text) < VIR_UUID_STRING_BUFLEN) {
		snprintf(uuid, VIR_UUID_STRING_BUFLEN, "%s", text);
		result = 0;
	} else if (doc) {
		log_error("libvirt says of its host no UUID");
	}
	free(text);
	free(xml);
	return result;
}
