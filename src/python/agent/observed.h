/* SPDX-License-Identifier: MIT
 *
 * Calls of functions that nobody decorated, as sys.monitoring tells of them:
 * each is one of calls.h. A plain call is on the stack of its thread from its
 * start to its end; a generator's or a coroutine's is off it between a yield
 * and the next resumption, and is known by its frame.
 */
#ifndef MPROF_PYTHON_AGENT_OBSERVED_H
#define MPROF_PYTHON_AGENT_OBSERVED_H

#include "python/agent/spots.h"

/* The running frame starts, yields, resumes or ends. Code that isn't observed
 * is ignored, and so is a call whose start was not seen. */
void observed_start(const struct spot_code *code);
void observed_yield(const struct spot_code *code);
void observed_resume(const struct spot_code *code);
void observed_end(const struct spot_code *code);

/* Forgets all calls that have started. */
void observed_forget(void);

#endif
