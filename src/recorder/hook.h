/* SPDX-License-Identifier: MIT
 *
 * What else is to be done at each tick: marks, stacks, views.
 */
#ifndef MPROF_RECORDER_HOOK_H
#define MPROF_RECORDER_HOOK_H

#include "recorder/sink.h"

/* Asked at each tick, behind the sink's tick and before its flush; it may tell
 * the sink more. */
struct sampler_hook {
	void *context;
	void (*tick)(void *context, const struct sink_tick *tick,
	    const struct sink *sink);
	/* The recording ends; tick is the last one. May be NULL. */
	void (*end)(void *context, const struct sink_tick *tick,
	    const struct sink *sink);
};

#endif
