/* SPDX-License-Identifier: MIT
 *
 * Detached threads, which nothing waits for: they free their data themselves.
 */
#ifndef MPROF_BASE_BACKGROUND_H
#define MPROF_BASE_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>

/* Starts a detached thread with a stack of that size; -1 where that fails. It
 * receives no signals: another thread waits for them. */
int background_start(void *(*work)(void *context), void *context,
    size_t stack_bytes) __attribute__((nonnull(1), warn_unused_result));

/* A thread that works one round each time it is asked to. */
struct background_rounds;

/* During a round context belongs to the thread, else to the caller. discard
 * frees it in the end. NULL, without effect, where no thread can be started. */
struct background_rounds *background_rounds_create(void (*round)(void *context),
    void (*discard)(void *context), void *context, size_t stack_bytes)
    __attribute__((nonnull));

bool background_rounds_busy(const struct background_rounds *rounds)
    __attribute__((nonnull));

/* Begins a round; none may be running. */
void background_rounds_begin(struct background_rounds *rounds)
    __attribute__((nonnull));

/* The thread ends after its round; nothing waits for that. */
void background_rounds_leave(struct background_rounds *rounds)
    __attribute__((nonnull));

#endif
