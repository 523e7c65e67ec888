/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_QSTATS_H
#define _VIRTIO_NET_BYPASS_QSTATS_H

#include <linux/types.h>

struct virtnet_bypass_info;

/* Where the kernel has per-queue statistics, see Kbuild */
#ifdef VIRTNET_BYPASS_HAVE_QSTATS
void virtnet_bypass_qstats_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_qstats_exit(struct virtnet_bypass_info *bypass);
void virtnet_bypass_qstats_freeze(struct virtnet_bypass_info *bypass);
#else
/**
 * virtnet_bypass_qstats_init() - nothing to do on this kernel
 * @bypass: the bypass
 *
 * Context: Any.
 */
static inline void
virtnet_bypass_qstats_init(struct virtnet_bypass_info *bypass)
{
}

/**
 * virtnet_bypass_qstats_exit() - nothing to do on this kernel
 * @bypass: the bypass
 *
 * Context: Any.
 */
static inline void
virtnet_bypass_qstats_exit(struct virtnet_bypass_info *bypass)
{
}

/**
 * virtnet_bypass_qstats_freeze() - nothing to do on this kernel
 * @bypass: the bypass
 *
 * Context: Any.
 */
static inline void
virtnet_bypass_qstats_freeze(struct virtnet_bypass_info *bypass)
{
}
#endif

#endif /* _VIRTIO_NET_BYPASS_QSTATS_H */
