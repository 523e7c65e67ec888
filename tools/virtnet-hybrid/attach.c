// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Give a domain a hybrid interface, and take it away. What is added: standby, a
 * root port for the VF (in the configuration: a guest that runs takes none),
 * and the declaration. The VF itself is none of it: it comes when the guest's
 * driver asks.
 */

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "attach.h"
#include "guest.h"
#include "log.h"
#include "pair.h"

/* A guest may be busy, or have to finish what its VF was told to send, s */
#define UNPLUG_TIMEOUT 30
#define LIVE VIR_DOMAIN_AFFECT_LIVE
#define CONFIG VIR_DOMAIN_AFFECT_CONFIG

/**
 * attach_scope - what a change is about
 * @dom: of libvirt
 * @flags: what was asked for, VIR_DOMAIN_AFFECT_LIVE and _CONFIG, or 0
 *
 * Context: any.
 * Return: flags; those that were asked for, or what there is: the guest if it
 *	runs, and the configuration if it has one; 0 and a line if the guest was
 *	asked for and does not run, or the like.
 */
unsigned int attach_scope(virDomainPtr dom, unsigned int flags)
{
	const char *name = virDomainGetName(dom);
	unsigned int has = 0;

	if (virDomainIsActive(dom) == 1)
		has |= LIVE;
	if (virDomainIsPersistent(dom) == 1)
		has |= CONFIG;
	if ((flags & LIVE) && !(has & LIVE)) {
		log_error("%s does not run", name);
		return 0;
	}
	if ((flags & CONFIG) && !(has & CONFIG)) {
		log_error("%s is transient: it has no configuration", name);
		return 0;
	}
	return flags ? flags : has;
}

static bool is_on(const struct nic *nic, const struct network *network)
{
	if (nic->network && !strcmp(nic->network, network->name))
		return true;
	return nic->bridge && network->bridge &&
	       !strcmp(nic->bridge, network->bridge);
}

static bool uses_mac(const struct domain *domain, const struct network *network,
		     const struct ether_addr *mac)
{
	size_t i;

	for (i = 0; i < domain->nics_count; i++)
		if (nic_has_mac(&domain->nics[i], mac) &&
		    is_on(&domain->nics[i], network))
			return true;
	return false;
}

/* Somebody else's MAC on the same wire would get what is sent to it. */
static int check_other(virDomainPtr other, const struct network *network,
		       const struct ether_addr *mac)
{
	char *xml = virDomainGetXMLDesc(other, 0);
	struct domain domain;
	char text[MAC_TEXT];
	int result = 0;

	/* One that has gone meanwhile has none */
	if (!xml)
		return 0;
	if (!domain_read_devices(&domain, xml)) {
		if (uses_mac(&domain, network, mac))
			result = log_error("%s is the address of %s",
					   mac_text(mac, text), domain.name);
		domain_free(&domain);
	}
	free(xml);
	return result;
}

static int check_others(virDomainPtr dom, const struct network *network,
			const struct ether_addr *mac)
{
	virDomainPtr *all = NULL;
	int result = 0;
	int count;
	int i;

	count = virConnectListAllDomains(virDomainGetConnect(dom), &all, 0);
	if (count < 0)
		return log_libvirt("no list of domains");
	for (i = 0; i < count; i++) {
		if (!result && strcmp(virDomainGetName(all[i]),
				      virDomainGetName(dom)))
			result = check_other(all[i], network, mac);
		virDomainFree(all[i]);
	}
	free(all);
	return result;
}

static int fits(const struct domain *domain, const struct ether_addr *mac,
		bool is_live)
{
	char text[MAC_TEXT];
	size_t i;

	if (!domain_has_pcie(domain))
		return log_error("%s: its machine '%s' has no PCIe, which a VF needs; use q35",
				 domain->name,
				 domain->machine ? domain->machine : "");
	for (i = 0; i < domain->nics_count; i++)
		if (nic_has_mac(&domain->nics[i], mac))
			return log_error("%s has a device with %s",
					 domain->name, mac_text(mac, text));
	/* One for standby, one for the VF */
	if (is_live && domain_free_ports(domain) < 2)
		return log_error("%s runs and has %zu free PCIe root ports of the two that it takes; use --config",
				 domain->name, domain_free_ports(domain));
	return 0;
}

static int check_fit(virDomainPtr dom, const struct ether_addr *mac,
		     unsigned int scope)
{
	struct domain domain;
	int result;

	if (guest_read(dom, scope, &domain))
		return -1;
	result = fits(&domain, mac, scope == LIVE);
	domain_free(&domain);
	return result;
}

static int plug(virDomainPtr dom, char *xml, unsigned int flags)
{
	int result = -1;

	if (xml && virDomainAttachDeviceFlags(dom, xml, flags))
		log_libvirt("%s", virDomainGetName(dom));
	else if (xml)
		result = 0;
	free(xml);
	return result;
}

/* From the configuration, where a device goes at once */
static int drop(virDomainPtr dom, enum pair_part part,
		const struct ether_addr *mac)
{
	char alias[PAIR_ALIAS];

	pair_alias(part, mac, alias);
	if (virDomainDetachDeviceAlias(dom, alias, CONFIG))
		return log_libvirt("%s: %s", virDomainGetName(dom), alias);
	return 0;
}

static int declare(virDomainPtr dom, const struct network *network,
		   const struct ether_addr *mac, int bus, unsigned int scope)
{
	struct wish wish = {
		.mac = *mac,
		.network = network->name,
		.bus = bus,
		.path = WISH_VF,
	};
	struct domain domain;
	int result;

	if (guest_read(dom, scope, &domain))
		return -1;
	result = wishes_set(&domain.wishes, &wish);
	if (!result)
		result = guest_declare(dom, &domain.wishes, scope);
	domain_free(&domain);
	return result;
}

/* The port is made after standby, which would be plugged into it otherwise. */
static int attach_config(virDomainPtr dom, const struct network *network,
			 const struct ether_addr *mac)
{
	struct domain domain;
	int bus;

	if (plug(dom, pair_standby(network, mac), CONFIG))
		return -1;
	if (guest_read(dom, CONFIG, &domain))
		goto no_port;
	bus = domain.last_bus + 1;
	domain_free(&domain);
	if (plug(dom, pair_port(mac, bus), CONFIG))
		goto no_port;
	if (declare(dom, network, mac, bus, CONFIG))
		goto no_wish;
	return 0;
no_wish:
	drop(dom, PAIR_PORT, mac);
no_port:
	drop(dom, PAIR_STANDBY, mac);
	return -1;
}

static int attach_live(virDomainPtr dom, const struct network *network,
		       const struct ether_addr *mac)
{
	const struct port *port;
	char alias[PAIR_ALIAS];
	struct domain domain;
	int bus;

	if (plug(dom, pair_standby(network, mac), LIVE))
		return -1;
	if (guest_read(dom, 0, &domain))
		goto no_wish;
	port = domain_free_port(&domain, -1);
	bus = port ? port->bus : -1;
	domain_free(&domain);
	if (declare(dom, network, mac, bus, LIVE))
		goto no_wish;
	return 0;
no_wish:
	guest_unplug(dom, pair_alias(PAIR_STANDBY, mac, alias), UNPLUG_TIMEOUT);
	return -1;
}

/**
 * attach - give a domain a hybrid interface
 * @dom: of libvirt
 * @network: whose VF it is to have, and where standby is
 * @mac: its address
 * @flags: VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_AFFECT_CONFIG or both
 *
 * Context: not in a callback of libvirt's.
 * Return: 0, or -1, a line, and the domain as it was.
 */
int attach(virDomainPtr dom, const struct network *network,
	   const struct ether_addr *mac, unsigned int flags)
{
	if (check_others(dom, network, mac) ||
	    ((flags & LIVE) && check_fit(dom, mac, LIVE)) ||
	    ((flags & CONFIG) && check_fit(dom, mac, CONFIG)))
		return -1;
	if ((flags & CONFIG) && attach_config(dom, network, mac))
		return -1;
	if ((flags & LIVE) && attach_live(dom, network, mac)) {
		if (flags & CONFIG)
			detach(dom, mac, CONFIG);
		return -1;
	}
	return 0;
}

static int undeclare(virDomainPtr dom, struct domain *domain,
		     const struct ether_addr *mac, unsigned int flags)
{
	wishes_remove(&domain->wishes, mac);
	return guest_declare(dom, &domain->wishes, flags);
}

/* While a VF is wanted it is plugged again, so that changes first; and back if
 * the guest does not let go.
 */
static int detach_live(virDomainPtr dom, struct domain *domain,
		       const struct ether_addr *mac)
{
	static const enum pair_part parts[] = { PAIR_VF, PAIR_STANDBY };
	struct wish *wish = wishes_find(&domain->wishes, mac);
	enum wish_path before = wish->path;
	char alias[PAIR_ALIAS];
	size_t i;

	wish->path = WISH_STANDBY;
	if (guest_declare(dom, &domain->wishes, LIVE))
		return -1;
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (domain_by_alias(domain, pair_alias(parts[i], mac, alias)) &&
		    guest_unplug(dom, alias, UNPLUG_TIMEOUT))
			goto still_there;
	return undeclare(dom, domain, mac, LIVE);
still_there:
	wish->path = before;
	guest_declare(dom, &domain->wishes, LIVE);
	return -1;
}

static int detach_config(virDomainPtr dom, struct domain *domain,
			 const struct ether_addr *mac)
{
	char alias[PAIR_ALIAS];

	if (undeclare(dom, domain, mac, CONFIG))
		return -1;
	if (domain_by_alias(domain, pair_alias(PAIR_STANDBY, mac, alias)) &&
	    drop(dom, PAIR_STANDBY, mac))
		return -1;
	if (domain_port_by_alias(domain, pair_alias(PAIR_PORT, mac, alias)) &&
	    drop(dom, PAIR_PORT, mac))
		return -1;
	return 0;
}

static int detach_from(virDomainPtr dom, const struct ether_addr *mac,
		       unsigned int scope)
{
	bool is_config = scope == CONFIG;
	struct domain domain;
	char text[MAC_TEXT];
	int result;

	if (guest_read(dom, scope, &domain))
		return -1;
	if (!wishes_find(&domain.wishes, mac))
		result = log_error("%s has no hybrid interface %s%s",
				   domain.name, mac_text(mac, text),
				   is_config ? " in its configuration" : "");
	else if (is_config)
		result = detach_config(dom, &domain, mac);
	else
		result = detach_live(dom, &domain, mac);
	domain_free(&domain);
	return result;
}

/**
 * detach - take a hybrid interface away
 * @dom: of libvirt
 * @mac: its address
 * @flags: VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_AFFECT_CONFIG or both
 *
 * Context: not in a callback of libvirt's.
 * Return: 0, or -1 and a line. If the guest does not let a device go the
 *	interface stays declared, in the configuration, too.
 */
int detach(virDomainPtr dom, const struct ether_addr *mac, unsigned int flags)
{
	if ((flags & LIVE) && detach_from(dom, mac, LIVE))
		return -1;
	if ((flags & CONFIG) && detach_from(dom, mac, CONFIG))
		return -1;
	return 0;
}
