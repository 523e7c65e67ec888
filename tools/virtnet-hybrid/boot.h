/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_BOOT_H
#define VIRTNET_HYBRID_BOOT_H

#include "wish.h"
#include "xml.h"

char *boot_print(const struct wishes *wishes);
bool boot_is_empty(const struct wishes *wishes);
bool boot_read(struct wishes *wishes, const xmlNode *domain);

#endif
