/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_CHECK_H
#define VIRTNET_HYBRID_CHECK_H

#include "domain.h"

/**
 * typedef check_report - who is told what was found
 * @opaque: of whoever asked
 * @problem: what is wrong, and with what
 * @fix: what to do
 */
typedef void check_report(void *opaque, const char *problem, const char *fix);

int check_domain(const struct domain *domain, check_report *report,
		 void *opaque);

#endif
