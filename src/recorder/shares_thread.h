/* SPDX-License-Identifier: MIT
 *
 * The thread that takes rounds of readings, one after the other, while the
 * sampler goes on.
 */
#ifndef MPROF_RECORDER_SHARES_THREAD_H
#define MPROF_RECORDER_SHARES_THREAD_H

#include "recorder/shares_round.h"

struct shares_thread;

/* NULL where there can be none. */
struct shares_thread *shares_thread_create(const struct procfs *fs)
    __attribute__((nonnull));

/* The last round, whose list is the caller's to fill for the next; NULL while
 * one is going on. */
struct shares_round *shares_thread_round(struct shares_thread *thread)
    __attribute__((nonnull));

void shares_thread_begin(struct shares_thread *thread) __attribute__((nonnull));

/* It frees all as soon as its round is over, which nothing waits for. */
void shares_thread_leave(struct shares_thread *thread);

#endif
