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
	/* Whether it has a moment to tell that begins a new phase: only then
	 * it is asked, and all high-water marks are read before it is. May be
	 * NULL. */
	bool (*is_due)(void *context, const struct sink_tick *tick);
	/* A descriptor that is readable when it is: the hook is asked then,
	 * with the last tick at the present time, and not only at the next
	 * one. It reads it empty. 0: none. */
	int wake;
};

#endif
