/* SPDX-License-Identifier: MIT
 *
 * How far a long piece of work is: what does it tells whoever wants to know,
 * and knows nothing of them.
 */
#ifndef MPROF_BASE_PROGRESS_H
#define MPROF_BASE_PROGRESS_H

#include <stdint.h>

struct progress {
	/* done of whole bytes (or what there is); whole is 0 where it is not
	 * known. Called often: it must be cheap. */
	void (*step)(void *context, uint64_t done, uint64_t whole);
	void *context;
};

/* Tells it; progress may be NULL. */
static inline void progress_step(
    const struct progress *progress, uint64_t done, uint64_t whole)
{
	if (progress)
		progress->step(progress->context, done, whole);
}

#endif
