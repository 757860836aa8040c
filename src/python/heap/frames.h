/* SPDX-License-Identifier: MIT
 *
 * The frames of a snapshot's threads, which were running functions, and the
 * words of a frame that are in use. After its variables a frame has its
 * evaluation stack; words above the stack pointer are stale, and may point
 * anywhere.
 */
#ifndef MPROF_PYTHON_HEAP_FRAMES_H
#define MPROF_PYTHON_HEAP_FRAMES_H

#include "python/remote/snapshot.h"

/* A frame's words, variables first. */
struct frame_words {
	uint64_t start;    /* address of the first */
	uint64_t used;     /* number in use */
	uint64_t doubtful; /* further words that may be in use: up to 3.13,
			      CPython doesn't store the stack pointer of a frame
			      that calls C code */
};

/* Calls visit for each frame of all threads of all interpreters, newest first,
 * including frames that run no Python code. */
void frames_each(const struct python_target *target, struct snapshot *snapshot,
    void (*visit)(void *context, uint64_t frame), void *context)
    __attribute__((nonnull(1, 2, 3)));

/* The same for a single thread, whose state is at that address. */
void frames_each_of(const struct python_target *target,
    struct snapshot *snapshot, uint64_t thread,
    void (*visit)(void *context, uint64_t frame), void *context)
    __attribute__((nonnull(1, 2, 4)));

/* Calls visit for the state of each thread. */
void frames_each_thread(const struct python_target *target,
    struct snapshot *snapshot, void (*visit)(void *context, uint64_t thread),
    void *context) __attribute__((nonnull(1, 2, 3)));

/* Calls visit for each chunk of memory for threads' frames (since 3.11). */
void frames_each_chunk(const struct python_target *target,
    struct snapshot *snapshot,
    void (*visit)(void *context, uint64_t start, uint64_t end), void *context)
    __attribute__((nonnull(1, 2, 3)));

/* All zero where the frame is not consistent. */
struct frame_words frame_words(const struct python_target *target,
    struct snapshot *snapshot, uint64_t frame) __attribute__((nonnull));

#endif
