/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_ETHTOOL_H
#define _VIRTIO_NET_BYPASS_ETHTOOL_H

#include <linux/types.h>

struct virtnet_bypass_info;

void virtnet_bypass_ethtool_ops(struct virtnet_bypass_info *bypass);

#endif /* _VIRTIO_NET_BYPASS_ETHTOOL_H */
