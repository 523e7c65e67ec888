/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_BACKOFF_H
#define VIRTNET_HYBRID_BACKOFF_H

/* What fails is tried again after that, and then after twice as long, ms */
#define BACKOFF_MIN 1000
#define BACKOFF_MAX 60000

/**
 * backoff_next - how long to wait the next time
 * @delay: how long it was this time, ms
 *
 * Context: any.
 * Return: ms.
 */
static inline int backoff_next(int delay)
{
	return delay * 2 < BACKOFF_MAX ? delay * 2 : BACKOFF_MAX;
}

#endif
