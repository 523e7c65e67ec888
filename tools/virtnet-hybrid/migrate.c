// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Move a guest to another host, or to a file and back. Its VFs stay here: they
 * go before, and the daemon where the guest has come to plugs others, or the
 * daemon here does when the guest has stayed.
 */

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conn.h"
#include "guest.h"
#include "hold.h"
#include "log.h"
#include "migrate.h"
#include "network.h"
#include "step.h"
#include "view.h"

/* How often to say how far it is, ms */
#define PROGRESS_EVERY 500
/* How long the daemon there may take to plug a VF, ms, and how often to look */
#define ARRIVAL_TIMEOUT 10000
#define ARRIVAL_EVERY 200

/**
 * struct run - libvirt's call, which takes as long as the migration
 * @dom: who moves
 * @uri: where to
 * @flags: of libvirt
 * @result: of the call
 * @is_over: whether it has returned
 */
struct run {
	virDomainPtr dom;
	const char *uri;
	unsigned int flags;
	int result;
	atomic_bool is_over;
};

/* Lock-free, so a handler may set it */
static atomic_int is_interrupted;

static void on_signal(int number)
{
	atomic_store(&is_interrupted, 1);
}

static void *call(void *opaque)
{
	struct run *run = opaque;

	run->result = virDomainMigrateToURI3(run->dom, run->uri, NULL, 0,
					     run->flags);
	if (run->result)
		log_libvirt("%s: not migrated", virDomainGetName(run->dom));
	atomic_store(&run->is_over, true);
	return NULL;
}

static void on_progress(int timer, void *opaque)
{
	struct run *run = opaque;
	virDomainJobInfo job;

	if (atomic_exchange(&is_interrupted, 0))
		virDomainAbortJob(run->dom);
	if (isatty(STDERR_FILENO) && !virDomainGetJobInfo(run->dom, &job) &&
	    job.dataTotal)
		fprintf(stderr, "\r%llu of %llu MiB ",
			job.dataProcessed >> 20, job.dataTotal >> 20);
}

/* The event loop goes on meanwhile: it keeps the connections alive */
static int run_migration(struct run *run)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sigaction before;
	pthread_t thread;
	int timer;

	timer = virEventAddTimeout(PROGRESS_EVERY, on_progress, run, NULL);
	if (timer < 0)
		return log_libvirt("no timer");
	if (pthread_create(&thread, NULL, call, run)) {
		virEventRemoveTimeout(timer);
		return log_error("no thread");
	}
	sigaction(SIGINT, &action, &before);
	while (!atomic_load(&run->is_over) && !virEventRunDefaultImpl())
		;
	pthread_join(thread, NULL);
	sigaction(SIGINT, &before, NULL);
	virEventRemoveTimeout(timer);
	if (isatty(STDERR_FILENO))
		fputs("\r", stderr);
	return run->result;
}

static int check_pool(virConnectPtr there, const struct domain *domain,
		      const struct wish *wish, bool needs_vf)
{
	int wanted = 0;
	struct pool pool;
	size_t i;

	network_pool(there, wish->network, &pool);
	if (!pool.is_active)
		return log_error("the target has no active network %s",
				 wish->network);
	for (i = 0; i < domain->wishes.count; i++)
		if (!strcmp(domain->wishes.of[i].network, wish->network))
			wanted++;
	if (needs_vf && pool.size - pool.used < wanted)
		return log_error("the target's pool %s has %d of %d VFs left, and %d are needed",
				 wish->network, pool.size - pool.used,
				 pool.size, wanted);
	return 0;
}

static int check_target(virConnectPtr here, virConnectPtr there,
			const struct domain *domain, bool needs_vf)
{
	char source[VIR_UUID_STRING_BUFLEN];
	char target[VIR_UUID_STRING_BUFLEN];
	size_t i;

	if (conn_host(here, source) || conn_host(there, target))
		return -1;
	if (!strcmp(source, target))
		return log_error("the target is this host");
	for (i = 0; i < domain->wishes.count; i++)
		if (check_pool(there, domain, &domain->wishes.of[i], needs_vf))
			return -1;
	return 0;
}

/* Whether none of them is about to get a VF */
static bool is_settled(virDomainPtr dom)
{
	virConnectPtr conn = virDomainGetConnect(dom);
	const struct wish *wish;
	struct domain domain;
	bool settled = true;
	struct pool pool;
	struct view view;
	size_t i;

	if (guest_read(dom, 0, &domain))
		return true;
	for (i = 0; i < domain.wishes.count; i++) {
		wish = &domain.wishes.of[i];
		network_pool(conn, wish->network, &pool);
		view_look(&view, conn, &domain, wish, &pool, true);
		if (step_next(&view) == STEP_PLUG)
			settled = false;
	}
	domain_free(&domain);
	return settled;
}

/* A guest that has come goes on by standby until its VF is there */
static void wait_arrived(virDomainPtr dom)
{
	int waited;

	for (waited = 0; waited < ARRIVAL_TIMEOUT; waited += ARRIVAL_EVERY) {
		if (is_settled(dom))
			return;
		usleep(ARRIVAL_EVERY * 1000);
	}
	log_line(LOG_WARNING, "%s has moved; nobody has plugged its VF there yet",
		 virDomainGetName(dom));
}

static int arrive(virConnectPtr there, virDomainPtr dom)
{
	char uuid[VIR_UUID_STRING_BUFLEN];
	virDomainPtr moved;

	if (virDomainGetUUIDString(dom, uuid))
		return log_libvirt("no UUID");
	moved = virDomainLookupByUUIDString(there, uuid);
	if (!moved)
		return log_libvirt("it has moved, and is not there");
	hold_release(moved);
	wait_arrived(moved);
	virDomainFree(moved);
	return 0;
}

static int move(virDomainPtr dom, virConnectPtr there,
		const struct migration *migration)
{
	struct run run = {
		.dom = dom,
		.uri = migration->uri,
		.flags = VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER,
		.result = -1,
	};

	/* What is configured here is to be so there, and not at both */
	if (virDomainIsPersistent(dom) == 1)
		run.flags |= VIR_MIGRATE_PERSIST_DEST |
			     VIR_MIGRATE_UNDEFINE_SOURCE;
	if (hold_unplugged(dom, migration->timeout))
		return -1;
	if (!run_migration(&run))
		return arrive(there, dom);
	/* A guest that has gone with a failing host has no more metadata */
	if (virDomainIsActive(dom) == 1)
		hold_release(dom);
	return -1;
}

/**
 * migrate - move a guest to another host
 * @dom: of libvirt
 * @migration: where to, and how
 *
 * Context: not in a callback of libvirt's.
 * Return: 0, or -1 and a line; then the guest is here as before, with its VFs
 *	as soon as the daemon has plugged them.
 */
int migrate(virDomainPtr dom, const struct migration *migration)
{
	virConnectPtr there;
	struct domain domain;
	int result;

	if (guest_read(dom, 0, &domain))
		return -1;
	there = conn_open(migration->uri);
	if (!there) {
		domain_free(&domain);
		return -1;
	}
	result = check_target(virDomainGetConnect(dom), there, &domain,
			      migration->needs_vf);
	domain_free(&domain);
	if (!result)
		result = move(dom, there, migration);
	conn_close(there);
	return result;
}

/**
 * migrate_save - move a guest to a file
 * @dom: of libvirt
 * @file: on its host
 * @timeout: how long it may take to let a VF go, s
 *
 * Context: not in a callback of libvirt's.
 * Return: 0, or -1 and a line; then the guest runs as before.
 */
int migrate_save(virDomainPtr dom, const char *file, int timeout)
{
	if (hold_unplugged(dom, timeout))
		return -1;
	if (!virDomainSave(dom, file))
		return 0;
	log_libvirt("%s: not saved", virDomainGetName(dom));
	hold_release(dom);
	return -1;
}

/**
 * migrate_restore - have a guest go on that was moved to a file
 * @conn: to libvirt
 * @file: on its host
 *
 * Context: not in a callback of libvirt's.
 * Return: 0, or -1 and a line.
 */
int migrate_restore(virConnectPtr conn, const char *file)
{
	char *xml = virDomainSaveImageGetXMLDesc(conn, file, 0);
	struct domain domain;
	virDomainPtr dom;
	int result = -1;

	if (!xml)
		return log_libvirt("%s", file);
	if (domain_read(&domain, xml)) {
		free(xml);
		return -1;
	}
	free(xml);
	if (virDomainRestore(conn, file)) {
		log_libvirt("%s: not restored", domain.name);
	} else {
		dom = guest_find(conn, domain.name);
		if (dom) {
			result = hold_release(dom);
			virDomainFree(dom);
		}
	}
	domain_free(&domain);
	return result;
}
