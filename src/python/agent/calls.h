/* SPDX-License-Identifier: MIT
 *
 * One call of a decorated function, or one execution of a named block. A plain
 * call is entered and left; a generator or coroutine is entered at its first
 * step, paused when it yields, resumed, and left when it is done. Everything
 * happens on the calling thread, under the GIL.
 */
#ifndef MPROF_PYTHON_AGENT_CALLS_H
#define MPROF_PYTHON_AGENT_CALLS_H

#include "python/agent/spots.h"

struct agent_call;

/* A call begins now. NULL where there is no memory. */
struct agent_call *call_enter(struct spot *spot);

/* Each does nothing where there is nothing to pause or resume. */
void call_pause(struct agent_call *call);
void call_resume(struct agent_call *call);

/* The call has ended: its FUNC record is written. Returns the line table where
 * this was the outermost call of a function that has a table for each call,
 * valid until call_destroy(); otherwise, and the second time, NULL. */
const struct line_table *call_leave(struct agent_call *call);

/* A call that was not left, such as a generator that was never finished, leaves
 * no mark and no table. */
void call_destroy(struct agent_call *call);

/* Follows every profiled function of this thread, see session_follow_all(). */
void calls_follow_all(void);
void calls_follow_less(void);

#endif
