// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Give each declared interface its VF, and take it away. Events only wake this:
 * it looks at what is there and does one step. What it remembers of a guest is
 * when to look again and what it has said, so it can be killed at any time.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "backoff.h"
#include "guest.h"
#include "keeper.h"
#include "log.h"
#include "network.h"
#include "pair.h"
#include "step.h"
#include "view.h"

/* A guest that does something all the time is not looked at more often, ms */
#define LOOK_GAP 100

/**
 * struct note - what was last said of an interface
 * @mac: which one
 * @step: what was to be done
 */
struct note {
	struct ether_addr mac;
	enum step step;
};

/**
 * struct ward - a guest that is looked after
 * @next: another one
 * @keeper: by whom
 * @uuid: of the domain
 * @timer: of libvirt's event loop, when to look
 * @delay: before what failed is tried again, ms
 * @is_waiting: whether something is left to do
 * @notes: what was said
 * @notes_count: of how many interfaces
 * @complaint: what libvirt said the last time that it failed, or NULL
 */
struct ward {
	struct ward *next;
	struct keeper *keeper;
	char uuid[VIR_UUID_STRING_BUFLEN];
	int timer;
	int delay;
	bool is_waiting;
	struct note *notes;
	size_t notes_count;
	char *complaint;
};

/**
 * struct keeper - of one connection
 * @conn: to libvirt
 * @wards: all guests that were ever woken and still run
 */
struct keeper {
	virConnectPtr conn;
	struct ward *wards;
};

/**
 * keeper_new - begin
 * @conn: to libvirt
 *
 * Context: the event loop's thread, as all of these functions.
 * Return: the keeper, for keeper_free(), or NULL and a line.
 */
struct keeper *keeper_new(virConnectPtr conn)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));

	if (!keeper) {
		log_error("no memory");
		return NULL;
	}
	keeper->conn = conn;
	return keeper;
}

static void forget(struct ward *ward)
{
	struct ward **place = &ward->keeper->wards;

	while (*place != ward)
		place = &(*place)->next;
	*place = ward->next;
	virEventRemoveTimeout(ward->timer);
	free(ward->notes);
	free(ward->complaint);
	free(ward);
}

/**
 * keeper_free - end; guests stay as they are
 * @keeper: useless afterwards
 *
 * Context: not in a callback of the keeper's.
 */
void keeper_free(struct keeper *keeper)
{
	while (keeper->wards)
		forget(keeper->wards);
	free(keeper);
}

/* Is that something else than what was said last? */
static bool is_news(struct ward *ward, const struct ether_addr *mac,
		    enum step step)
{
	size_t i;

	for (i = 0; i < ward->notes_count; i++) {
		if (!mac_equal(&ward->notes[i].mac, mac))
			continue;
		if (ward->notes[i].step == step)
			return false;
		ward->notes[i].step = step;
		return true;
	}
	if (!array_grow(&ward->notes, ward->notes_count))
		ward->notes[ward->notes_count++] = (struct note){
			.mac = *mac,
			.step = step,
		};
	return true;
}

/* What fails is tried again and again, and told once */
static int complain(struct ward *ward, const char *name)
{
	const char *reason = log_reason();

	if (ward->complaint && !strcmp(ward->complaint, reason))
		return -1;
	free(ward->complaint);
	ward->complaint = strdup(reason);
	return log_error("%s: %s", name, reason);
}

static int plug(struct ward *ward, virDomainPtr dom,
		const struct domain *domain, const struct wish *wish)
{
	const struct port *port = domain_free_port(domain, wish->bus);
	struct network network;
	int result = -1;
	char *xml;

	if (network_get(ward->keeper->conn, wish->network, &network))
		return -1;
	xml = pair_vf(&network, &wish->mac, port->bus);
	network_free(&network);
	if (!xml)
		return -1;
	if (virDomainAttachDeviceFlags(dom, xml, VIR_DOMAIN_AFFECT_LIVE))
		complain(ward, domain->name);
	else
		result = 0;
	free(xml);
	return result;
}

/* The guest lets it go in its own time, of which an event tells */
static int unplug(struct ward *ward, virDomainPtr dom,
		  const struct domain *domain, const struct wish *wish)
{
	const char *alias = domain_vf(domain, &wish->mac)->alias;

	if (!alias)
		return log_error("%s: its VF has no alias", domain->name);
	if (virDomainDetachDeviceAlias(dom, alias, VIR_DOMAIN_AFFECT_LIVE))
		return complain(ward, domain->name);
	return 0;
}

/* One that may end by itself, without an event that would tell */
static bool is_worth_a_retry(enum step step)
{
	return step == STEP_PLUG || step == STEP_UNPLUG || step == STEP_HELD ||
	       step >= STEP_NEEDS_POOL;
}

static enum step look_after(struct ward *ward, virDomainPtr dom,
			    const struct domain *domain,
			    const struct wish *wish)
{
	virConnectPtr conn = ward->keeper->conn;
	char mac[MAC_TEXT];
	struct pool pool;
	struct view view;
	enum step step;

	network_pool(conn, wish->network, &pool);
	view_look(&view, conn, domain, wish, &pool, true);
	step = step_next(&view);
	if (is_news(ward, &wish->mac, step))
		log_line(LOG_NOTICE, "%s %s: %s", domain->name,
			 mac_text(&wish->mac, mac), step_text(step));
	if (step == STEP_PLUG && !plug(ward, dom, domain, wish)) {
		log_line(LOG_NOTICE, "%s %s: has a VF", domain->name, mac);
		is_news(ward, &wish->mac, STEP_DONE);
		return STEP_DONE;
	}
	if (step == STEP_UNPLUG)
		unplug(ward, dom, domain, wish);
	return step;
}

/* Whether there is nothing left to do until something happens */
static bool look(struct ward *ward, virDomainPtr dom)
{
	struct domain domain;
	bool is_done = true;
	size_t i;

	if (guest_read(dom, 0, &domain))
		return false;
	if (domain.boot_is_old)
		guest_note_boot(dom, &domain.wishes);
	for (i = 0; i < domain.wishes.count; i++)
		if (is_worth_a_retry(look_after(ward, dom, &domain,
						&domain.wishes.of[i])))
			is_done = false;
	domain_free(&domain);
	return is_done;
}

static void on_timer(int timer, void *opaque)
{
	struct ward *ward = opaque;
	virDomainPtr dom = virDomainLookupByUUIDString(ward->keeper->conn,
						       ward->uuid);

	if (!dom || virDomainIsActive(dom) != 1) {
		forget(ward);
	} else if (look(ward, dom)) {
		ward->is_waiting = false;
		ward->delay = BACKOFF_MIN;
		virEventUpdateTimeout(timer, -1);
	} else {
		ward->is_waiting = true;
		virEventUpdateTimeout(timer, ward->delay);
		ward->delay = backoff_next(ward->delay);
	}
	if (dom)
		virDomainFree(dom);
}

static struct ward *find(struct keeper *keeper, const char *uuid)
{
	struct ward *ward = keeper->wards;

	while (ward && strcmp(ward->uuid, uuid))
		ward = ward->next;
	return ward;
}

static struct ward *take_in(struct keeper *keeper, const char *uuid)
{
	struct ward *ward = calloc(1, sizeof(*ward));

	if (!ward) {
		log_error("no memory");
		return NULL;
	}
	ward->keeper = keeper;
	ward->delay = BACKOFF_MIN;
	snprintf(ward->uuid, sizeof(ward->uuid), "%s", uuid);
	ward->timer = virEventAddTimeout(-1, on_timer, ward, NULL);
	if (ward->timer < 0) {
		log_libvirt("no timer");
		free(ward);
		return NULL;
	}
	ward->next = keeper->wards;
	keeper->wards = ward;
	return ward;
}

/**
 * keeper_wake - look at a guest soon
 * @keeper: that looks
 * @dom: of libvirt
 *
 * Context: any callback of libvirt's.
 */
void keeper_wake(struct keeper *keeper, virDomainPtr dom)
{
	char uuid[VIR_UUID_STRING_BUFLEN];
	struct ward *ward;

	if (virDomainGetUUIDString(dom, uuid))
		return;
	ward = find(keeper, uuid);
	if (!ward)
		ward = take_in(keeper, uuid);
	if (ward)
		virEventUpdateTimeout(ward->timer, LOOK_GAP);
}

/**
 * keeper_wake_all - look at all guests that run
 * @keeper: that looks
 *
 * Context: right after the connection was made.
 * Return: 0, or -1 and a line.
 */
int keeper_wake_all(struct keeper *keeper)
{
	const unsigned int flags = VIR_CONNECT_LIST_DOMAINS_ACTIVE;
	virDomainPtr *all = NULL;
	int count = virConnectListAllDomains(keeper->conn, &all, flags);
	int i;

	if (count < 0)
		return log_libvirt("no list of domains");
	for (i = 0; i < count; i++) {
		keeper_wake(keeper, all[i]);
		virDomainFree(all[i]);
	}
	free(all);
	return 0;
}

/**
 * keeper_wake_waiting - look at all guests that something was not there for
 * @keeper: that looks
 *
 * Context: a VF may have come back to its pool.
 */
void keeper_wake_waiting(struct keeper *keeper)
{
	struct ward *ward;

	for (ward = keeper->wards; ward; ward = ward->next)
		if (ward->is_waiting)
			virEventUpdateTimeout(ward->timer, LOOK_GAP);
}

/**
 * keeper_negotiated - a guest's driver has taken bit 62
 * @keeper: that looks
 * @dom: of libvirt
 * @alias: of the standby that offered it
 *
 * Context: a callback of libvirt's.
 */
void keeper_negotiated(struct keeper *keeper, virDomainPtr dom,
		       const char *alias)
{
	struct domain domain;
	const struct nic *nic;
	struct wish *wish;

	if (guest_read(dom, 0, &domain))
		return;
	nic = domain_by_alias(&domain, alias);
	wish = nic ? wishes_find(&domain.wishes, &nic->mac) : NULL;
	if (wish && !wish->negotiated) {
		wish->negotiated = true;
		guest_note_boot(dom, &domain.wishes);
	}
	if (wish)
		keeper_wake(keeper, dom);
	domain_free(&domain);
}

/**
 * keeper_rebooted - a guest begins anew
 * @keeper: that looks
 * @dom: of libvirt
 *
 * A VF that it has stays: it is where the last boot had it.
 *
 * Context: a callback of libvirt's.
 */
void keeper_rebooted(struct keeper *keeper, virDomainPtr dom)
{
	struct domain domain;
	bool had_any = false;
	size_t i;

	if (guest_read(dom, 0, &domain))
		return;
	for (i = 0; i < domain.wishes.count; i++) {
		had_any |= domain.wishes.of[i].negotiated;
		domain.wishes.of[i].negotiated = false;
	}
	if (had_any)
		guest_note_boot(dom, &domain.wishes);
	domain_free(&domain);
}
