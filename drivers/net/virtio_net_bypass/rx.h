/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_RX_H
#define _VIRTIO_NET_BYPASS_RX_H

#include <linux/netdevice.h>

rx_handler_result_t virtnet_bypass_handle_frame(struct sk_buff **pskb);

#endif /* _VIRTIO_NET_BYPASS_RX_H */
