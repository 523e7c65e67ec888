/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_VF_H
#define VIRTNET_HYBRID_VF_H

int vf_check_pf(const char *pf);
int vf_check_bridge(const char *bridge);

#endif
