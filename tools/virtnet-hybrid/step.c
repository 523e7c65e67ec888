// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is to be done for a hybrid interface. It follows from what is there,
 * never from what has happened: so it is right after any failure, and for
 * whoever has only just come.
 */

#include "step.h"

/**
 * step_next - decide
 * @view: what is there
 *
 * Context: any.
 * Return: the step.
 */
enum step step_next(const struct view *view)
{
	if (!view->runs)
		return STEP_NEEDS_START;
	if (!view->wants_vf)
		return view->has_vf ? STEP_UNPLUG : STEP_DONE;
	if (view->has_vf)
		return STEP_DONE;
	if (view->is_held)
		return STEP_HELD;
	if (!view->has_standby)
		return STEP_NEEDS_STANDBY;
	/* QEMU hides no VF that is plugged without a <teaming>: a guest that
	 * knows nothing of pairs would have two separate interfaces.
	 */
	if (!view->negotiated)
		return STEP_NEEDS_DRIVER;
	if (!view->has_pool)
		return STEP_NEEDS_POOL;
	if (!view->has_free_vf)
		return STEP_NEEDS_VF;
	if (!view->has_port)
		return STEP_NEEDS_PORT;
	return STEP_PLUG;
}

/**
 * step_text - a step for people
 * @step: the step
 *
 * Context: any.
 * Return: why there is no VF, or what is being done about one.
 */
const char *step_text(enum step step)
{
	static const char *const texts[] = {
		[STEP_DONE] = "as wished for",
		[STEP_PLUG] = "a VF is to be plugged",
		[STEP_UNPLUG] = "its VF is to be unplugged",
		[STEP_NEEDS_START] = "the domain does not run",
		[STEP_HELD] = "it is needed without a VF for a while",
		[STEP_NEEDS_STANDBY] = "its standby is gone",
		[STEP_NEEDS_DRIVER] = "the guest's driver has not asked for a VF",
		[STEP_NEEDS_POOL] = "its network is not there or not active",
		[STEP_NEEDS_VF] = "the pool is empty",
		[STEP_NEEDS_PORT] = "all root ports are taken",
	};

	return texts[step];
}
