// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong with a domain's pairs, made by this program or by hand. */

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "log.h"
#include "pair.h"

/* "interface ua-vf-525400123456 (52:54:00:12:34:56)" and more */
#define WHAT_BYTES 128
#define PROBLEM_BYTES 512

/**
 * struct check - one run
 * @domain: what is looked at
 * @report: who is told
 * @opaque: of them
 * @count: of what was found
 */
struct check {
	const struct domain *domain;
	check_report *report;
	void *opaque;
	int count;
};

static __printf(3, 4)
void found(struct check *check, const char *fix, const char *format, ...)
{
	char problem[PROBLEM_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(problem, sizeof(problem), format, arguments);
	va_end(arguments);
	check->count++;
	check->report(check->opaque, problem, fix);
}

static const char *what_is(const struct nic *nic, char what[WHAT_BYTES])
{
	char mac[MAC_TEXT] = "no MAC";

	if (nic->has_mac)
		mac_text(&nic->mac, mac);
	snprintf(what, WHAT_BYTES, "%s%s%s (%s)",
		 nic->element, nic->alias ? " " : "",
		 nic->alias ? nic->alias : "", mac);
	return what;
}

static void check_standby(struct check *check, const struct nic *nic)
{
	char what[WHAT_BYTES];

	what_is(nic, what);
	if (!nic_is_virtio(nic))
		found(check, "<model type='virtio'/>",
		      "%s is to be standby and no virtio device", what);
	if (nic->alias && strncmp(nic->alias, "ua-", 3) &&
	    strncmp(nic->alias, "net", 3))
		found(check, "an alias that begins with \"ua-\"",
		      "%s: libvirt forgets this alias", what);
}

static void check_place(struct check *check, const struct nic *nic)
{
	char what[WHAT_BYTES];

	if (nic->bus < 0)
		return;
	what_is(nic, what);
	if (nic->multifunction || nic->function)
		found(check,
		      "no multifunction='on' in its <address>, function 0x0",
		      "%s shares its slot, and QEMU pairs and unplugs none that does",
		      what);
	else if (!domain_port(check->domain, nic->bus))
		found(check, "an <address> behind a pcie-root-port",
		      "%s is not in a root port of its own and cannot be unplugged",
		      what);
}

static void check_vf(struct check *check, const struct nic *nic)
{
	char what[WHAT_BYTES];

	check_place(check, nic);
	if (!nic->rom_off)
		found(check, "<rom enabled='no'/>",
		      "%s has a boot ROM, with which a guest may not migrate",
		      what_is(nic, what));
}

/* A device whose <teaming> makes it a VF */
static void check_transient(struct check *check, const struct nic *nic)
{
	const struct nic *partner = NULL;
	char what[WHAT_BYTES];

	what_is(nic, what);
	if (nic->partner)
		partner = domain_by_alias(check->domain, nic->partner);
	if (!nic->partner)
		found(check, "persistent='ua-...' in its <teaming>",
		      "%s does not say whose VF it is", what);
	else if (!partner)
		found(check, "<alias name='ua-...'/> in standby, the same here",
		      "%s names '%s', which no device is called", what,
		      nic->partner);
	else if (partner->teaming != TEAMING_PERSISTENT)
		found(check, "<teaming type='persistent'/> there",
		      "%s names '%s', which is no standby", what,
		      nic->partner);
	else if (nic->has_mac && partner->has_mac &&
		 !mac_equal(&nic->mac, &partner->mac))
		found(check, "the same <mac> in both",
		      "%s and its standby '%s' differ in their MAC addresses: no guest pairs them",
		      what, nic->partner);
	found(check,
	      "\"virtnet-hybrid attach\" plugs VFs without a <teaming>",
	      "%s: with its <teaming> save, dump and snapshot of the guest never end, and it migrates to no host without a free VF",
	      what);
}

/* Two devices of one MAC that nobody calls a pair */
static void check_twin(struct check *check, const struct nic *nic)
{
	const struct nic *vf;
	char what[WHAT_BYTES];

	if (!nic->has_mac || nic->teaming || !nic_is_virtio(nic))
		return;
	vf = domain_vf(check->domain, &nic->mac);
	if (vf)
		found(check, "<teaming type='persistent'/> in the virtio one",
		      "%s has the MAC of another device and is no standby: the guest has two separate interfaces",
		      what_is(nic, what));
}

static void check_nic(struct check *check, const struct nic *nic)
{
	if (nic->teaming == TEAMING_PERSISTENT) {
		check_standby(check, nic);
		return;
	}
	if (nic->teaming == TEAMING_TRANSIENT)
		check_transient(check, nic);
	if (nic->teaming == TEAMING_TRANSIENT ||
	    (nic->has_mac && domain_standby(check->domain, &nic->mac)))
		check_vf(check, nic);
	check_twin(check, nic);
}

static void check_wish(struct check *check, const struct wish *wish)
{
	const struct domain *domain = check->domain;
	const struct port *port = domain_port(domain, wish->bus);
	char mac[MAC_TEXT];

	mac_text(&wish->mac, mac);
	if (!domain_standby(domain, &wish->mac))
		found(check, "\"virtnet-hybrid detach\" and \"attach\"",
		      "hybrid interface %s has lost its standby", mac);
	if (domain_vf(domain, &wish->mac))
		return;
	if (!domain_free_port(domain, wish->bus))
		found(check,
		      "another <controller type='pci' model='pcie-root-port'/>",
		      "hybrid interface %s: all root ports are taken, none is left for its VF",
		      mac);
	else if (wish->bus >= 0 && (!port || port->is_taken))
		found(check, "that device in another port",
		      "hybrid interface %s: the root port of its VF, bus %d, is %s",
		      mac, wish->bus, port ? "taken" : "not there");
}

static bool has_pairs(const struct domain *domain)
{
	size_t i;

	for (i = 0; i < domain->nics_count; i++)
		if (domain->nics[i].teaming != TEAMING_NONE)
			return true;
	return domain->wishes.count;
}

/**
 * check_domain - find what keeps a domain's pairs from working
 * @domain: what to look at
 * @report: is told of each problem
 * @opaque: for @report
 *
 * Context: any.
 * Return: how many problems there are.
 */
int check_domain(const struct domain *domain, check_report *report,
		 void *opaque)
{
	struct check check = {
		.domain = domain,
		.report = report,
		.opaque = opaque,
	};
	size_t i;

	if (has_pairs(domain) && !domain_has_pcie(domain))
		found(&check, "<type machine='q35'> in <os>",
		      "machine '%s' has no PCIe: QEMU pairs and plugs no VF",
		      domain->machine ? domain->machine : "");
	for (i = 0; i < domain->nics_count; i++)
		check_nic(&check, &domain->nics[i]);
	for (i = 0; i < domain->wishes.count; i++)
		check_wish(&check, &domain->wishes.of[i]);
	return check.count;
}
