/* SPDX-License-Identifier: MIT
 *
 * The Python stacks of a recording: of any process, at each sample; each
 * distinct stack is reported once, and then by its number. Processes are
 * opened when they appear, and again when they execute another program. A
 * known stack needs no allocation.
 */
#ifndef MPROF_PYTHON_STACK_STACKS_H
#define MPROF_PYTHON_STACK_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "profile/profile.h"

struct stacks;

struct stacks_sample {
	int id;
	pid_t thread; /* 0: the running thread, or the last to run */
	/* Innermost first; valid until the next call. */
	const struct frame *frames;
	size_t len; /* 0: the number was reported before */
};

/* Counts of readings. */
struct stacks_count {
	unsigned long taken;   /* checked stacks */
	unsigned long paused;  /* of these, with the thread stopped */
	unsigned long missing; /* readings of an interpreter without a stack */
	unsigned processes;    /* interpreters that were read */
};

struct stacks *stacks_create(void);

/* Lets all stopped threads run on. NULL is allowed. */
void stacks_destroy(struct stacks *stacks);

/* Samples the thread of pid that runs Python code, or did so last. False where
 * there is no stack: no Python, not initialised yet, or uncertain. */
bool stacks_sample(struct stacks *stacks, pid_t pid,
    struct stacks_sample *sample) __attribute__((nonnull));

/* After that, until it returns false: the stack of one of the process's other
 * threads in turn, a few times a second for each process; without a GIL, those
 * of all running threads. False where none is due or can be read. */
bool stacks_sample_other(struct stacks *stacks, pid_t pid,
    struct stacks_sample *sample) __attribute__((nonnull));

/* Forgets the processes that were not sampled since the last sweep. Returns how
 * many are left. */
size_t stacks_sweep(struct stacks *stacks) __attribute__((nonnull));

/* Reports why a process can't be read, once for each reason: true with e. */
bool stacks_notice(struct stacks *stacks, struct err *e)
    __attribute__((nonnull));

struct stacks_count stacks_count(const struct stacks *stacks)
    __attribute__((nonnull));

#endif
