/* SPDX-License-Identifier: MIT
 *
 * Threads that nobody waits for: what they work on, they free themselves.
 */
#ifndef MPROF_BASE_BACKGROUND_H
#define MPROF_BASE_BACKGROUND_H

#include <stddef.h>

/* Starts a detached thread with a stack of that many bytes; -1 where none can
 * be had. */
int background_start(void *(*work)(void *context), void *context,
    size_t stack_bytes) __attribute__((nonnull(1), warn_unused_result));

#endif
