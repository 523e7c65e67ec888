/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_MAC_H
#define VIRTNET_HYBRID_MAC_H

#include <net/ethernet.h>
#include <stdbool.h>

/* "52:54:00:12:34:56" and its end */
#define MAC_TEXT 18
/* "525400123456" and its end */
#define MAC_DIGITS 13

int mac_parse(const char *text, struct ether_addr *mac);
const char *mac_text(const struct ether_addr *mac, char text[MAC_TEXT]);
const char *mac_digits(const struct ether_addr *mac, char text[MAC_DIGITS]);
bool mac_equal(const struct ether_addr *one, const struct ether_addr *other);
const char *mac_fault(const struct ether_addr *mac);
int mac_random(struct ether_addr *mac);

#endif
