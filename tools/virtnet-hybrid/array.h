/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_ARRAY_H
#define VIRTNET_HYBRID_ARRAY_H

#include <stdlib.h>

#include "log.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/**
 * array_grow() - make room for one more
 * @array: a pointer to where they are, which may be NULL
 * @count: how many there are
 *
 * Context: any.
 * Return: 0, or -1, a line and @array as it was.
 */
#define array_grow(array, count)					\
({									\
	__typeof__(array) array_ = (array);				\
	void *more = reallocarray(*array_, (count) + 1, sizeof(**array_));\
									\
	if (more)							\
		*array_ = more;						\
	more ? 0 : log_error("no memory");				\
})

#endif
