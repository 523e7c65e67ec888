/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _VIRTIO_NET_BYPASS_ANNOUNCE_H
#define _VIRTIO_NET_BYPASS_ANNOUNCE_H

#include <linux/atomic.h>
#include <linux/workqueue.h>

struct virtnet_bypass_info;

/**
 * struct virtnet_bypass_announce - what is left of an announcement
 * @work: announces the master after a switch
 * @left: how often it still has to
 * @next: where it goes on among the stations; that work only
 * @anew: it has to begin anew, the path was switched meanwhile
 * @telling: it is telling the stack; RTNL
 */
struct virtnet_bypass_announce {
	struct delayed_work		work;
	atomic_t			left;
	unsigned int			next;
	bool				anew;
	bool				telling;
};

void virtnet_bypass_announce_init(struct virtnet_bypass_info *bypass);
void virtnet_bypass_announce(struct virtnet_bypass_info *bypass);
void virtnet_bypass_announce_resume(struct virtnet_bypass_info *bypass);
void virtnet_bypass_announce_asked(struct virtnet_bypass_info *bypass);
void virtnet_bypass_announce_cancel(struct virtnet_bypass_info *bypass);

#endif /* _VIRTIO_NET_BYPASS_ANNOUNCE_H */
