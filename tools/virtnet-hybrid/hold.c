// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For a while a guest is needed without its VF: it migrates, or is saved.
 * Whoever does that says so in its declaration, for how long at most, and on
 * which host. On another one it means nothing: the guest has arrived. Nor does
 * it when the time is up and libvirt has no job: whoever held it is gone.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conn.h"
#include "guest.h"
#include "hold.h"
#include "log.h"

/* From the VF's unplug to libvirt's job, or from its end to the release, s */
#define GRACE 10

static bool has_job(virConnectPtr conn, const char *name)
{
	virDomainPtr dom = virDomainLookupByName(conn, name);
	virDomainJobInfo job;
	bool has = false;

	if (!dom)
		return false;
	if (!virDomainGetJobInfo(dom, &job))
		has = job.type == VIR_DOMAIN_JOB_BOUNDED ||
		      job.type == VIR_DOMAIN_JOB_UNBOUNDED;
	virDomainFree(dom);
	return has;
}

/**
 * hold_is_on - does somebody need a guest without its VF?
 * @conn: to libvirt
 * @domain: the guest
 * @wish: for one of its interfaces
 *
 * Context: any.
 * Return: whether somebody does.
 */
bool hold_is_on(virConnectPtr conn, const struct domain *domain,
		const struct wish *wish)
{
	char host[VIR_UUID_STRING_BUFLEN];

	if (!wish->holder)
		return false;
	if (!conn_host(conn, host) && strcmp(host, wish->holder))
		return false;
	return time(NULL) < wish->hold_until || has_job(conn, domain->name);
}

static int hold(virDomainPtr dom, const char *host, long until)
{
	struct domain domain;
	bool is_news = false;
	struct wish *wish;
	int result = 0;
	size_t i;

	if (guest_read(dom, 0, &domain))
		return -1;
	for (i = 0; i < domain.wishes.count; i++) {
		wish = &domain.wishes.of[i];
		is_news |= host || wish->holder;
		free(wish->holder);
		wish->holder = host ? strdup(host) : NULL;
		wish->hold_until = until;
	}
	if (is_news)
		result = guest_declare(dom, &domain.wishes,
				       VIR_DOMAIN_AFFECT_LIVE);
	domain_free(&domain);
	return result;
}

/**
 * hold_take - have a guest's VFs not plugged again
 * @dom: of libvirt
 * @seconds: for how long at most, and for as long as libvirt has a job for it
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int hold_take(virDomainPtr dom, int seconds)
{
	char host[VIR_UUID_STRING_BUFLEN];

	if (conn_host(virDomainGetConnect(dom), host))
		return -1;
	return hold(dom, host, time(NULL) + seconds);
}

/**
 * hold_release - a guest may have its VFs again
 * @dom: of libvirt, wherever it has come to
 *
 * Context: any.
 * Return: 0, or -1 and a line.
 */
int hold_release(virDomainPtr dom)
{
	return hold(dom, NULL, 0);
}

static int unplug_all(virDomainPtr dom, const struct domain *domain,
		      int timeout)
{
	const struct nic *vf;
	size_t i;

	for (i = 0; i < domain->wishes.count; i++) {
		vf = domain_vf(domain, &domain->wishes.of[i].mac);
		if (vf && vf->alias && guest_unplug(dom, vf->alias, timeout))
			return -1;
	}
	return 0;
}

/**
 * hold_unplugged - take a guest's VFs away and have them not plugged again
 * @dom: of libvirt
 * @timeout: how long the guest may take for each of them, s
 *
 * Context: not in a callback of libvirt's.
 * Return: 0, for libvirt's job and hold_release(); or -1, a line, and the guest
 *	gets its VFs again.
 */
int hold_unplugged(virDomainPtr dom, int timeout)
{
	struct domain domain;
	int result;

	if (guest_read(dom, 0, &domain))
		return -1;
	result = hold_take(dom, domain.wishes.count * timeout + GRACE);
	if (result)
		goto out;
	result = unplug_all(dom, &domain, timeout);
	if (!result)
		result = hold_take(dom, GRACE);
	if (result)
		hold_release(dom);
out:
	domain_free(&domain);
	return result;
}
