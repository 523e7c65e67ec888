/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In-driver failover of virtio_net: what one kernel has and another has not.
 * Each shim is guarded by a name, not by a version, and steps aside where the
 * kernel provides it.
 */
#ifndef _VIRTIO_NET_BYPASS_COMPAT_H
#define _VIRTIO_NET_BYPASS_COMPAT_H

#include <linux/netdevice.h>

/* Linux 6.2 gave the bit of IFF_LIVE_RENAME_OK to IFF_NO_ADDRCONF: a rename
 * needs no permission any more, and addrconf does not look at IFF_SLAVE.
 */
#ifdef IFF_LIVE_RENAME_OK
#define IFF_NO_ADDRCONF		0
#else
#define IFF_LIVE_RENAME_OK	0
#endif

#endif /* _VIRTIO_NET_BYPASS_COMPAT_H */
