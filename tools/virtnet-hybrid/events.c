// SPDX-License-Identifier: GPL-2.0-or-later
/* What libvirt tells, and whom it wakes. */

#include <json-c/json.h>
#include <libvirt/libvirt-qemu.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "events.h"
#include "xml.h"

static int on_lifecycle(virConnectPtr conn, virDomainPtr dom, int event,
			int detail, void *opaque)
{
	switch (event) {
	case VIR_DOMAIN_EVENT_STARTED:
	case VIR_DOMAIN_EVENT_RESUMED:
		keeper_wake(opaque, dom);
		break;
	case VIR_DOMAIN_EVENT_STOPPED:
	case VIR_DOMAIN_EVENT_CRASHED:
		keeper_wake_waiting(opaque);
		break;
	}
	return 0;
}

static void on_removed(virConnectPtr conn, virDomainPtr dom, const char *alias,
		       void *opaque)
{
	keeper_wake(opaque, dom);
	keeper_wake_waiting(opaque);
}

static void on_job(virConnectPtr conn, virDomainPtr dom,
		   virTypedParameterPtr parameters, int count, void *opaque)
{
	keeper_wake(opaque, dom);
}

static void on_metadata(virConnectPtr conn, virDomainPtr dom, int type,
			const char *namespace, void *opaque)
{
	if (namespace && !strcmp(namespace, XML_NAMESPACE))
		keeper_wake(opaque, dom);
}

static void on_reboot(virConnectPtr conn, virDomainPtr dom, void *opaque)
{
	keeper_rebooted(opaque, dom);
}

static void on_network(virConnectPtr conn, virNetworkPtr net, int event,
		       int detail, void *opaque)
{
	keeper_wake_waiting(opaque);
}

/**
 * events_device - read which device an event of QEMU's is about
 * @details: its data, JSON
 *
 * Context: any.
 * Return: what QEMU calls the device, for free(), or NULL.
 */
char *events_device(const char *details)
{
	struct json_object *data = details ? json_tokener_parse(details) : NULL;
	struct json_object *device;
	char *alias = NULL;

	if (json_object_is_type(data, json_type_object) &&
	    json_object_object_get_ex(data, "device-id", &device) &&
	    json_object_is_type(device, json_type_string))
		alias = strdup(json_object_get_string(device));
	json_object_put(data);
	return alias;
}

static void on_negotiated(virConnectPtr conn, virDomainPtr dom,
			  const char *event, long long seconds,
			  unsigned int micros, const char *details,
			  void *opaque)
{
	char *alias = events_device(details);

	if (alias)
		keeper_negotiated(opaque, dom, alias);
	free(alias);
}

static int watch_domains(virConnectPtr conn, struct keeper *keeper)
{
	static const struct {
		int event;
		virConnectDomainEventGenericCallback callback;
	} events[] = {
		{ VIR_DOMAIN_EVENT_ID_LIFECYCLE,
		  VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle) },
		{ VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
		  VIR_DOMAIN_EVENT_CALLBACK(on_removed) },
		{ VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
		  VIR_DOMAIN_EVENT_CALLBACK(on_job) },
		{ VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
		  VIR_DOMAIN_EVENT_CALLBACK(on_metadata) },
		{ VIR_DOMAIN_EVENT_ID_REBOOT,
		  VIR_DOMAIN_EVENT_CALLBACK(on_reboot) },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		if (virConnectDomainEventRegisterAny(conn, NULL,
						     events[i].event,
						     events[i].callback, keeper,
						     NULL) < 0)
			return -1;
	return 0;
}

/**
 * events_watch - have the keeper woken
 * @conn: to libvirt
 * @keeper: of this connection
 *
 * It ends with the connection.
 *
 * Context: once for each connection.
 * Return: 0, or -1 and a line.
 */
int events_watch(virConnectPtr conn, struct keeper *keeper)
{
	virConnectNetworkEventGenericCallback callback;
	int id;

	if (watch_domains(conn, keeper))
		return log_libvirt("no events of domains");
	callback = VIR_NETWORK_EVENT_CALLBACK(on_network);
	id = virConnectNetworkEventRegisterAny(conn, NULL,
					       VIR_NETWORK_EVENT_ID_LIFECYCLE,
					       callback, keeper, NULL);
	if (id < 0)
		return log_libvirt("no events of networks");
	id = virConnectDomainQemuMonitorEventRegister(conn, NULL,
						      "FAILOVER_NEGOTIATED",
						      on_negotiated, keeper,
						      NULL, 0);
	return id < 0 ? log_libvirt("no events of QEMU") : 0;
}
