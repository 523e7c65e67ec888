// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a hybrid interface is doing. All of it comes from libvirt, each time
 * anew: this program keeps nothing that could differ.
 */

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "guest.h"
#include "log.h"
#include "network.h"
#include "status.h"
#include "step.h"
#include "view.h"

/* "0000:06:00.0" and its end, with room for what a number may be */
#define PCI_TEXT 40

#define LAYOUT (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | \
		JSON_C_TO_STRING_NOSLASHESCAPE)

static void add_text(struct json_object *object, const char *key,
		     const char *value)
{
	json_object_object_add(object, key,
			       value ? json_object_new_string(value) : NULL);
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !value)
		return NULL;
	return json_object_get_string(value);
}

static struct json_object *standby_status(const struct nic *nic)
{
	struct json_object *object;

	if (!nic)
		return NULL;
	object = json_object_new_object();
	add_text(object, "alias", nic->alias);
	add_text(object, "netdev", nic->target);
	add_text(object, "bridge", nic->bridge);
	return object;
}

static struct json_object *vf_status(const struct nic *nic)
{
	struct json_object *object;
	char guest[PCI_TEXT];

	if (!nic)
		return NULL;
	object = json_object_new_object();
	add_text(object, "alias", nic->alias);
	add_text(object, "host", nic->host);
	snprintf(guest, sizeof(guest), "0000:%02x:%02x.%x",
		 (unsigned int)nic->bus, (unsigned int)nic->slot,
		 (unsigned int)nic->function);
	add_text(object, "guest", nic->bus < 0 ? NULL : guest);
	return object;
}

static struct json_object *pool_status(const struct pool *pool)
{
	struct json_object *object;

	if (!pool->is_active)
		return NULL;
	object = json_object_new_object();
	json_object_object_add(object, "used", json_object_new_int(pool->used));
	json_object_object_add(object, "size", json_object_new_int(pool->size));
	return object;
}

static int number_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		return -1;
	return json_object_get_int(value);
}

static struct json_object *wish_status(virConnectPtr conn,
				       const struct domain *domain,
				       const struct wish *wish, bool runs)
{
	const struct nic *standby = domain_standby(domain, &wish->mac);
	struct json_object *object = json_object_new_object();
	const struct nic *vf = domain_vf(domain, &wish->mac);
	char mac[MAC_TEXT];
	struct view view;
	struct pool pool;

	network_pool(conn, wish->network, &pool);
	view_look(&view, conn, domain, wish, &pool, runs);
	add_text(object, "mac", mac_text(&wish->mac, mac));
	add_text(object, "network", wish->network);
	add_text(object, "wish", wish_path_text(wish->path));
	json_object_object_add(object, "negotiated",
			       json_object_new_boolean(wish->negotiated));
	json_object_object_add(object, "standby", standby_status(standby));
	json_object_object_add(object, "vf", vf_status(vf));
	json_object_object_add(object, "pool", pool_status(&pool));
	add_text(object, "state", step_text(step_next(&view)));
	return object;
}

static struct json_object *domain_status(virConnectPtr conn, virDomainPtr dom)
{
	struct json_object *interfaces;
	struct json_object *interface;
	struct json_object *object;
	struct domain domain;
	bool runs;
	size_t i;

	if (guest_read(dom, 0, &domain))
		return NULL;
	runs = virDomainIsActive(dom) == 1;
	object = json_object_new_object();
	add_text(object, "domain", domain.name);
	json_object_object_add(object, "runs", json_object_new_boolean(runs));
	interfaces = json_object_new_array();
	for (i = 0; i < domain.wishes.count; i++) {
		interface = wish_status(conn, &domain, &domain.wishes.of[i],
					runs);
		json_object_array_add(interfaces, interface);
	}
	json_object_object_add(object, "interfaces", interfaces);
	domain_free(&domain);
	return object;
}

static void print_interface(const char *domain, struct json_object *interface)
{
	struct json_object *part;

	printf("%s %s\n", domain, text_of(interface, "mac"));
	printf("  wish     %s: %s\n", text_of(interface, "wish"),
	       text_of(interface, "state"));
	part = json_object_object_get(interface, "standby");
	if (!part)
		printf("  standby  none\n");
	else if (text_of(part, "netdev"))
		printf("  standby  %s, %s\n", text_of(part, "netdev"),
		       text_of(part, "bridge") ? text_of(part, "bridge") :
						 "macvtap");
	else
		printf("  standby  %s\n", text_of(part, "alias"));
	part = json_object_object_get(interface, "vf");
	if (part)
		printf("  VF       %s, in the guest %s\n",
		       text_of(part, "host") ? text_of(part, "host") : "?",
		       text_of(part, "guest") ? text_of(part, "guest") : "?");
	else
		printf("  VF       none\n");
	part = json_object_object_get(interface, "pool");
	if (part)
		printf("  pool     %s, %d of %d VFs used\n",
		       text_of(interface, "network"), number_of(part, "used"),
		       number_of(part, "size"));
	else
		printf("  pool     %s, not there\n",
		       text_of(interface, "network"));
}

static void print_domain(struct json_object *object)
{
	struct json_object *interfaces;
	size_t i;

	interfaces = json_object_object_get(object, "interfaces");
	for (i = 0; i < json_object_array_length(interfaces); i++)
		print_interface(text_of(object, "domain"),
				json_object_array_get_idx(interfaces, i));
}

static bool has_interfaces(struct json_object *object)
{
	struct json_object *interfaces;

	interfaces = json_object_object_get(object, "interfaces");
	return json_object_array_length(interfaces);
}

static int collect(virConnectPtr conn, struct json_object *all)
{
	virDomainPtr *doms = NULL;
	int count = virConnectListAllDomains(conn, &doms, 0);
	struct json_object *object;
	int result = 0;
	int i;

	if (count < 0)
		return log_libvirt("no list of domains");
	for (i = 0; i < count; i++) {
		object = domain_status(conn, doms[i]);
		if (!object)
			result = -1;
		else if (has_interfaces(object))
			json_object_array_add(all, object);
		else
			json_object_put(object);
		virDomainFree(doms[i]);
	}
	free(doms);
	return result;
}

/**
 * status - print what hybrid interfaces are doing
 * @conn: to libvirt
 * @dom: whose; NULL: of all that have any
 * @as_json: for programs
 *
 * Context: any.
 * Return: 0, or -1 and a line if a domain could not be read.
 */
int status(virConnectPtr conn, virDomainPtr dom, bool as_json)
{
	struct json_object *all = json_object_new_array();
	struct json_object *object;
	int result = 0;
	size_t i;

	if (!dom) {
		result = collect(conn, all);
	} else {
		object = domain_status(conn, dom);
		if (object)
			json_object_array_add(all, object);
		else
			result = -1;
	}
	if (as_json)
		puts(json_object_to_json_string_ext(all, LAYOUT));
	for (i = 0; !as_json && i < json_object_array_length(all); i++)
		print_domain(json_object_array_get_idx(all, i));
	json_object_put(all);
	return result;
}
