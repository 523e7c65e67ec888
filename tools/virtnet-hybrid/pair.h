/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_PAIR_H
#define VIRTNET_HYBRID_PAIR_H

#include "mac.h"
#include "network.h"

/**
 * enum pair_part - what a hybrid interface adds to a domain
 * @PAIR_STANDBY: the virtio device, for good
 * @PAIR_PORT: the VF's root port, in the configuration
 * @PAIR_VF: the VF, in a guest that runs
 */
enum pair_part { PAIR_STANDBY, PAIR_PORT, PAIR_VF };

/* "ua-standby-525400123456" and its end */
#define PAIR_ALIAS 24

const char *pair_alias(enum pair_part part, const struct ether_addr *mac,
		       char alias[PAIR_ALIAS]);
char *pair_standby(const struct network *network,
		   const struct ether_addr *mac);
char *pair_port(const struct ether_addr *mac, int bus);
char *pair_vf(const struct network *network, const struct ether_addr *mac,
	      int bus);

#endif
