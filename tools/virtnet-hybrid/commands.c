// SPDX-License-Identifier: GPL-2.0-or-later
/* What virtnet-hybrid can do, and with which words. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "attach.h"
#include "check.h"
#include "commands.h"
#include "conn.h"
#include "guest.h"
#include "log.h"
#include "migrate.h"
#include "network.h"
#include "pool.h"
#include "status.h"

/* How long a guest may take to let its VF go, s, and what makes sense */
#define UNPLUG_TIMEOUT 30
#define UNPLUG_TIMEOUT_MAX 3600
/* Of a file that somebody wants to be checked, bytes */
#define FILE_MAX (32 * 1024 * 1024)

/**
 * command_number - read a number of the command line
 * @text: the word
 * @what: it is
 * @unit: of it, for an error, with a space before it, or nothing
 * @most: that it may be; the least is 1
 * @number: where it goes
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int command_number(const char *text, const char *what, const char *unit,
		   int most, int *number)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (!*text || *end || value < 1 || value > most)
		return log_error("%s is 1 to %d%s, not '%s'", what, most, unit,
				 text);
	*number = value;
	return 0;
}

static int read_mac(const char *text, struct ether_addr *mac)
{
	const char *fault;

	if (!text)
		return mac_random(mac);
	if (mac_parse(text, mac))
		return log_error("'%s' is no MAC address", text);
	fault = mac_fault(mac);
	return fault ? log_error("%s %s", text, fault) : 0;
}

static int run_attach(virConnectPtr conn, const struct options *options,
		      char **arguments)
{
	struct network network;
	struct ether_addr mac;
	char text[MAC_TEXT];
	unsigned int flags;
	int result = -1;
	virDomainPtr dom;

	if (!options->network)
		return log_error("whose VF? --network NAME");
	if (read_mac(options->mac, &mac))
		return -1;
	dom = guest_find(conn, arguments[0]);
	if (!dom)
		return -1;
	flags = attach_scope(dom, options->flags);
	if (flags && !network_get(conn, options->network, &network)) {
		result = attach(dom, &network, &mac, flags);
		network_free(&network);
	}
	if (!result)
		puts(mac_text(&mac, text));
	virDomainFree(dom);
	return result;
}

/* The only interface, if none was named */
static int find_mac(virDomainPtr dom, const char *text, unsigned int flags,
		    struct ether_addr *mac)
{
	struct domain domain;
	int result = 0;

	if (text)
		return read_mac(text, mac);
	if (guest_read(dom, flags, &domain))
		return -1;
	if (domain.wishes.count == 1)
		*mac = domain.wishes.of[0].mac;
	else
		result = log_error(domain.wishes.count ?
				   "%s has several hybrid interfaces: --mac" :
				   "%s has no hybrid interface", domain.name);
	domain_free(&domain);
	return result;
}

static int run_detach(virConnectPtr conn, const struct options *options,
		      char **arguments)
{
	virDomainPtr dom = guest_find(conn, arguments[0]);
	struct ether_addr mac;
	unsigned int flags;
	int result = -1;

	if (!dom)
		return -1;
	flags = attach_scope(dom, options->flags);
	if (flags && !find_mac(dom, options->mac, flags, &mac))
		result = detach(dom, &mac, flags);
	virDomainFree(dom);
	return result;
}

/* Of a guest that runs, for virDomainFree() */
static virDomainPtr find_running(virConnectPtr conn, const char *name)
{
	virDomainPtr dom = guest_find(conn, name);

	if (dom && !attach_scope(dom, VIR_DOMAIN_AFFECT_LIVE)) {
		virDomainFree(dom);
		dom = NULL;
	}
	return dom;
}

static int wish_for(virDomainPtr dom, const char *mac, enum wish_path path)
{
	struct ether_addr address;
	struct domain domain;
	struct wish *wish;
	int result = -1;

	if (find_mac(dom, mac, VIR_DOMAIN_AFFECT_LIVE, &address) ||
	    guest_read(dom, 0, &domain))
		return -1;
	wish = wishes_find(&domain.wishes, &address);
	if (!wish) {
		log_error("%s has no hybrid interface %s", domain.name, mac);
	} else {
		wish->path = path;
		result = guest_declare(dom, &domain.wishes,
				       VIR_DOMAIN_AFFECT_LIVE);
	}
	domain_free(&domain);
	return result;
}

static int run_wish(virConnectPtr conn, const struct options *options,
		    char **arguments)
{
	enum wish_path path;
	virDomainPtr dom;
	int result;

	if (wish_path_parse(arguments[1], &path))
		return log_error("a wish is vf or standby, not '%s'",
				 arguments[1]);
	dom = find_running(conn, arguments[0]);
	if (!dom)
		return -1;
	result = wish_for(dom, options->mac, path);
	virDomainFree(dom);
	return result;
}

static int read_timeout(const char *text, int *timeout)
{
	*timeout = UNPLUG_TIMEOUT;
	return text ? command_number(text, "a timeout", " s",
				     UNPLUG_TIMEOUT_MAX, timeout) : 0;
}

static int run_migrate(virConnectPtr conn, const struct options *options,
		       char **arguments)
{
	struct migration migration = {
		.uri = arguments[1],
		.needs_vf = options->needs_vf,
	};
	virDomainPtr dom;
	int result;

	if (read_timeout(options->timeout, &migration.timeout))
		return -1;
	dom = find_running(conn, arguments[0]);
	if (!dom)
		return -1;
	result = migrate(dom, &migration);
	virDomainFree(dom);
	return result;
}

static int run_save(virConnectPtr conn, const struct options *options,
		    char **arguments)
{
	virDomainPtr dom;
	int timeout;
	int result;

	if (read_timeout(options->timeout, &timeout))
		return -1;
	dom = find_running(conn, arguments[0]);
	if (!dom)
		return -1;
	result = migrate_save(dom, arguments[1], timeout);
	virDomainFree(dom);
	return result;
}

static int run_restore(virConnectPtr conn, const struct options *options,
		       char **arguments)
{
	return migrate_restore(conn, arguments[0]);
}

static int run_status(virConnectPtr conn, const struct options *options,
		      char **arguments)
{
	virDomainPtr dom = NULL;
	int result;

	if (arguments[0]) {
		dom = guest_find(conn, arguments[0]);
		if (!dom)
			return -1;
	}
	result = status(conn, dom, options->json);
	if (dom)
		virDomainFree(dom);
	return result;
}

static void print_problem(void *opaque, const char *problem, const char *fix)
{
	printf("%s: %s; fix: %s\n", (const char *)opaque, problem, fix);
}

static char *read_file(const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *text = file ? malloc(FILE_MAX + 1) : NULL;
	size_t bytes = 0;

	if (text) {
		bytes = fread(text, 1, FILE_MAX, file);
		text[bytes] = '\0';
	}
	if (file && file != stdin)
		fclose(file);
	if (!text)
		log_error("no file '%s'", path);
	return text;
}

static int read_domain_file(const char *path, struct domain *domain)
{
	char *text = read_file(path);
	int result;

	if (!text)
		return -1;
	result = domain_read(domain, text);
	free(text);
	return result;
}

static int read_domain(const char *uri, const char *name,
		       struct domain *domain)
{
	virConnectPtr conn = conn_open(uri);
	virDomainPtr dom;
	int result = -1;

	if (!conn)
		return -1;
	dom = guest_find(conn, name);
	if (dom) {
		result = guest_read(dom, 0, domain);
		virDomainFree(dom);
	}
	conn_close(conn);
	return result;
}

/* A file needs no libvirt. */
static int run_check(virConnectPtr conn,
		     const struct options *options, char **arguments)
{
	const char *word = arguments[0];
	struct domain domain;
	int count;

	if (!strcmp(word, "-") || !access(word, F_OK) ?
	    read_domain_file(word, &domain) :
	    read_domain(options->uri, word, &domain))
		return -1;
	count = check_domain(&domain, print_problem, domain.name);
	domain_free(&domain);
	return count ? -1 : 0;
}

/* In the order in which a newcomer needs them */
const struct command commands[] = {
	{ "network define", "NAME --pf DEV (--bridge BR | --macvtap) [--vlan N]",
	  1, 1, "pbMv", false, pool_define },
	{ "network list", "", 0, 0, "", false, pool_list },
	{ "network undefine", "NAME", 1, 1, "", false, pool_undefine },
	{ "attach", "DOMAIN --network NAME [--mac MAC] [--live] [--config]",
	  1, 1, "nmLC", false, run_attach },
	{ "detach", "DOMAIN [--mac MAC] [--live] [--config]",
	  1, 1, "mLC", false, run_detach },
	{ "wish", "DOMAIN vf|standby [--mac MAC]", 2, 2, "m", false, run_wish },
	{ "migrate", "DOMAIN DESTURI [--need-vf] [--unplug-timeout S]", 2, 2,
	  "VT", false, run_migrate },
	{ "save", "DOMAIN FILE [--unplug-timeout S]", 2, 2, "T", false,
	  run_save },
	{ "restore", "FILE", 1, 1, "", false, run_restore },
	{ "status", "[DOMAIN] [--json]", 0, 1, "j", false, run_status },
	{ "check", "DOMAIN|FILE", 1, 1, "", true, run_check },
};

const size_t commands_count = ARRAY_SIZE(commands);
