/* SPDX-License-Identifier: MIT
 *
 * The same work on each of many items, by as many threads as there are
 * processors.
 */
#ifndef MPROF_BASE_PARALLEL_H
#define MPROF_BASE_PARALLEL_H

#include <stddef.h>

typedef void parallel_work(void *context, size_t at);

/* Calls work(context, at) once for each at below count, in any order and in
 * several threads, so no call may change what another one reads. Returns when
 * all calls are done. With few items, or without threads, this thread makes the
 * calls. */
void parallel_for(size_t count, parallel_work *work, void *context)
    __attribute__((nonnull(2)));

#endif
