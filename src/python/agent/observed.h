/* SPDX-License-Identifier: MIT
 *
 * Calls of undecorated functions, from events of sys.monitoring; each is one
 * of calls.h. A plain call is on its thread's stack from start to end; a
 * generator's or coroutine's is removed from it between a yield and the next
 * resumption, and is identified by its frame.
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
