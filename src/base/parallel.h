/* SPDX-License-Identifier: MIT
 *
 * The same work on each of many items, by as many threads as there are
 * processors.
 */
#ifndef MPROF_BASE_PARALLEL_H
#define MPROF_BASE_PARALLEL_H

#include <stddef.h>

typedef void parallel_work(void *context, size_t at);

/* Calls work(context, at) once for each at below count, in no order and in
 * several threads at once, so no call may change what another one reads.
 * Returns when all calls have. Few items, or no thread to be had: this thread
 * makes the calls. */
void parallel_for(size_t count, parallel_work *work, void *context)
    __attribute__((nonnull(2)));

#endif
