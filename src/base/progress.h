/* SPDX-License-Identifier: MIT
 *
 * The progress of a long piece of work, reported to a function that the caller
 * gives.
 */
#ifndef MPROF_BASE_PROGRESS_H
#define MPROF_BASE_PROGRESS_H

#include <stdint.h>

struct progress {
	/* done of whole bytes (or other units); whole is 0 where unknown.
	 * Called often: it must be cheap. */
	void (*step)(void *context, uint64_t done, uint64_t whole);
	void *context;
};

/* Reports it; progress may be NULL. */
static inline void progress_step(
    const struct progress *progress, uint64_t done, uint64_t whole)
{
	if (progress)
		progress->step(progress->context, done, whole);
}

#endif
