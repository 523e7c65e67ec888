/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTNET_HYBRID_STEP_H
#define VIRTNET_HYBRID_STEP_H

#include "view.h"

/**
 * enum step - what to do next, or what to wait for
 * @STEP_DONE: it is as it was wished for
 * @STEP_PLUG: give it a VF
 * @STEP_UNPLUG: take its VF away
 * @STEP_NEEDS_START: the domain does not run
 * @STEP_HELD: somebody needs it without a VF, and will say when no more
 * @STEP_NEEDS_STANDBY: somebody has taken standby away
 * @STEP_NEEDS_DRIVER: the guest has no driver for a pair, or not yet
 * @STEP_NEEDS_POOL: the network is not there
 * @STEP_NEEDS_VF: others have all of the pool
 * @STEP_NEEDS_PORT: all root ports are taken
 */
enum step {
	STEP_DONE,
	STEP_PLUG,
	STEP_UNPLUG,
	STEP_NEEDS_START,
	STEP_HELD,
	STEP_NEEDS_STANDBY,
	STEP_NEEDS_DRIVER,
	STEP_NEEDS_POOL,
	STEP_NEEDS_VF,
	STEP_NEEDS_PORT,
};

enum step step_next(const struct view *view);
const char *step_text(enum step step);

#endif
