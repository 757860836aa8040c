/* SPDX-License-Identifier: MIT
 *
 * Threads that nobody waits for: what they work on, they free themselves.
 */
#ifndef MPROF_BASE_BACKGROUND_H
#define MPROF_BASE_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>

/* Starts a detached thread with a stack of that many bytes; -1 where none can
 * be had. It gets no signals: who waits for them is another thread. */
int background_start(void *(*work)(void *context), void *context,
    size_t stack_bytes) __attribute__((nonnull(1), warn_unused_result));

/* A thread that works a round each time it is asked to, and sleeps between. */
struct background_rounds;

/* While a round goes on context is the thread's, else the caller's. discard
 * frees it in the end. NULL, and nothing was done, where no thread can be had.
 */
struct background_rounds *background_rounds_create(void (*round)(void *context),
    void (*discard)(void *context), void *context, size_t stack_bytes)
    __attribute__((nonnull));

bool background_rounds_busy(const struct background_rounds *rounds)
    __attribute__((nonnull));

/* Begins a round; none goes on. */
void background_rounds_begin(struct background_rounds *rounds)
    __attribute__((nonnull));

/* The thread ends when its round is over, which nothing waits for. */
void background_rounds_leave(struct background_rounds *rounds)
    __attribute__((nonnull));

#endif
