/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_WISH_H
#define VIRTNET_HYBRID_WISH_H

#include <stdbool.h>
#include <stddef.h>

#include "mac.h"
#include "xml.h"

/* Of one domain; libvirt takes no more network devices than a bus has slots */
#define WISHES_MAX 32

/**
 * enum wish_path - by what a guest is to send and receive
 * @WISH_VF: by a VF whenever there is one
 * @WISH_STANDBY: by standby, so that it can be moved or saved
 */
enum wish_path { WISH_VF, WISH_STANDBY };

/**
 * struct wish - what is declared of one hybrid interface
 * @mac: the address of both of its devices
 * @network: whose pool the VF is of, and which says where standby is
 * @bus: of the guest, behind the root port that is the VF's; -1: any free one
 * @path: what is wanted
 * @holder: the host, by its UUID, on which somebody needs the guest without a
 *	VF for a while, as for a migration; NULL: none does
 * @hold_until: at most until then, s since 1970
 * @negotiated: whether the guest's driver has taken bit 62 since its last boot;
 *	of a guest that runs only
 *
 * It lives in the metadata of its domain and nowhere else.
 */
struct wish {
	struct ether_addr mac;
	char *network;
	int bus;
	enum wish_path path;
	char *holder;
	long hold_until;
	bool negotiated;
};

/**
 * struct wishes - all of a domain's
 * @of: one for each hybrid interface
 * @count: how many
 */
struct wishes {
	struct wish *of;
	size_t count;
};

int wishes_read(struct wishes *wishes, const xmlNode *domain,
		const char *name);
struct wish *wishes_find(const struct wishes *wishes,
			 const struct ether_addr *mac);
int wishes_set(struct wishes *wishes, const struct wish *wish);
void wishes_remove(struct wishes *wishes, const struct ether_addr *mac);
char *wishes_print(const struct wishes *wishes);
void wishes_free(struct wishes *wishes);
const char *wish_path_text(enum wish_path path);
int wish_path_parse(const char *text, enum wish_path *path);

#endif
