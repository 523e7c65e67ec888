// SPDX-License-Identifier: GPL-2.0-or-later
/* A domain at libvirt: find it, read it, write what is declared, unplug. */

#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "guest.h"
#include "log.h"

/**
 * guest_find - find a domain
 * @conn: to libvirt
 * @name: its name, number or UUID
 *
 * Context: any.
 * Return: the domain, for virDomainFree(), or NULL and a line.
 */
virDomainPtr guest_find(virConnectPtr conn, const char *name)
{
	virDomainPtr dom = virDomainLookupByName(conn, name);
	char *end;
	long id;

	if (!dom)
		dom = virDomainLookupByUUIDString(conn, name);
	id = strtol(name, &end, 10);
	if (!dom && *name && !*end && id == (int)id)
		dom = virDomainLookupByID(conn, id);
	if (!dom)
		log_error("no domain '%s'", name);
	return dom;
}

/**
 * guest_read - read a domain's XML
 * @dom: of libvirt
 * @scope: VIR_DOMAIN_AFFECT_CONFIG alone for what is configured; with anything
 *	else what runs, if it does
 * @domain: where it goes, for domain_free()
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int guest_read(virDomainPtr dom, unsigned int scope, struct domain *domain)
{
	unsigned int flags = scope == VIR_DOMAIN_AFFECT_CONFIG ?
			     VIR_DOMAIN_XML_INACTIVE : 0;
	char *xml = virDomainGetXMLDesc(dom, flags);
	int result;

	if (!xml)
		return log_libvirt("%s", virDomainGetName(dom));
	result = domain_read(domain, xml);
	free(xml);
	return result;
}

static int write_metadata(virDomainPtr dom, const char *xml, const char *prefix,
			  const char *namespace, unsigned int flags)
{
	if (virDomainSetMetadata(dom, VIR_DOMAIN_METADATA_ELEMENT, xml, prefix,
				 namespace, flags))
		return log_libvirt("%s: metadata", virDomainGetName(dom));
	return 0;
}

/* The element is gone afterwards, and may have failed. */
static int write_element(virDomainPtr dom, char *xml, const char *prefix,
			 const char *namespace, unsigned int flags)
{
	int result = -1;

	if (xml)
		result = write_metadata(dom, xml, prefix, namespace, flags);
	free(xml);
	return result;
}

/**
 * guest_declare - keep what is declared with the domain
 * @dom: of libvirt
 * @wishes: what to keep
 * @flags: VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_AFFECT_CONFIG or both
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int guest_declare(virDomainPtr dom, const struct wishes *wishes,
		  unsigned int flags)
{
	/* Without any there is no element either */
	if (!wishes->count)
		return write_metadata(dom, NULL, XML_PREFIX, XML_NAMESPACE,
				      flags);
	return write_element(dom, wishes_print(wishes), XML_PREFIX,
			     XML_NAMESPACE, flags);
}

/**
 * guest_note_boot - keep what the guest has done since its last boot
 * @dom: of libvirt
 * @wishes: whose @negotiated to keep
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int guest_note_boot(virDomainPtr dom, const struct wishes *wishes)
{
	if (boot_is_empty(wishes))
		return write_metadata(dom, NULL, XML_BOOT_PREFIX,
				      XML_BOOT_NAMESPACE,
				      VIR_DOMAIN_AFFECT_LIVE);
	return write_element(dom, boot_print(wishes), XML_BOOT_PREFIX,
			     XML_BOOT_NAMESPACE, VIR_DOMAIN_AFFECT_LIVE);
}

/**
 * struct unplug - somebody waits for a device to go
 * @alias: of the device
 * @is_over: whether the guest has answered, or the time is up
 * @is_gone: whether it has gone
 */
struct unplug {
	const char *alias;
	bool is_over;
	bool is_gone;
};

static int listen(virDomainPtr dom, int event,
		  virConnectDomainEventGenericCallback callback,
		  struct unplug *unplug)
{
	int id = virConnectDomainEventRegisterAny(virDomainGetConnect(dom), dom,
						  event, callback, unplug,
						  NULL);

	return id < 0 ? log_libvirt("no events") : id;
}

static void on_removed(virConnectPtr conn, virDomainPtr dom, const char *alias,
		       void *opaque)
{
	struct unplug *unplug = opaque;

	if (strcmp(alias, unplug->alias))
		return;
	unplug->is_gone = true;
	unplug->is_over = true;
}

static void on_failed(virConnectPtr conn, virDomainPtr dom, const char *alias,
		      void *opaque)
{
	struct unplug *unplug = opaque;

	if (!strcmp(alias, unplug->alias))
		unplug->is_over = true;
}

static void on_timeout(int timer, void *opaque)
{
	struct unplug *unplug = opaque;

	unplug->is_over = true;
}

static int wait_unplugged(virDomainPtr dom, struct unplug *unplug, int timeout)
{
	int timer = virEventAddTimeout(timeout * 1000, on_timeout, unplug,
				       NULL);

	if (timer < 0)
		return log_libvirt("no timer");
	while (!unplug->is_over && !virEventRunDefaultImpl())
		;
	virEventRemoveTimeout(timer);
	if (unplug->is_gone)
		return 0;
	return log_error("%s: the guest does not let %s go",
			 virDomainGetName(dom), unplug->alias);
}

/**
 * guest_unplug - take a device from a guest that runs
 * @dom: of libvirt
 * @alias: of the device
 * @timeout: how long the guest may take, s
 *
 * Context: not in a callback of libvirt's.
 * Return: 0, or -1 and a line.
 */
int guest_unplug(virDomainPtr dom, const char *alias, int timeout)
{
	virConnectPtr conn = virDomainGetConnect(dom);
	struct unplug unplug = { .alias = alias };
	int result = -1;
	int removed;
	int failed;

	removed = listen(dom, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
			 VIR_DOMAIN_EVENT_CALLBACK(on_removed), &unplug);
	if (removed < 0)
		return -1;
	failed = listen(dom, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
			VIR_DOMAIN_EVENT_CALLBACK(on_failed), &unplug);
	if (failed < 0)
		goto out_removed;
	if (virDomainDetachDeviceAlias(dom, alias, VIR_DOMAIN_AFFECT_LIVE))
		log_libvirt("%s: %s", virDomainGetName(dom), alias);
	else
		result = wait_unplugged(dom, &unplug, timeout);
	virConnectDomainEventDeregisterAny(conn, failed);
out_removed:
	virConnectDomainEventDeregisterAny(conn, removed);
	return result;
}
