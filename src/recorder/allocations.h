/* SPDX-License-Identifier: MIT
 *
 * Who holds memory: the tables of sampled allocations that recorded processes
 * keep in a folder (base/allocation_table.h) are read at each tick, or ten
 * times a second where one has grown large, and the sink is given what was
 * allocated and what was freed since. A sample that lived between two readings
 * only is not reported. What is reported in any minute comes to a MiB of
 * records at most: beyond that only some of the samples are, which stand for
 * more each.
 */
#ifndef MPROF_RECORDER_ALLOCATIONS_H
#define MPROF_RECORDER_ALLOCATIONS_H

#include "base/err.h"
#include "recorder/sampler.h"
#include "recorder/sites.h"

struct allocations;

/* Makes the folder, for this user alone; path must not exist. sites are
 * borrowed. NULL with e. The caller destroys, which removes it. */
struct allocations *allocations_create(const char *path, struct sites *sites,
    struct err *e) __attribute__((nonnull(1, 2), warn_unused_result));
void allocations_destroy(struct allocations *allocations);

struct sampler_hook allocations_hook(struct allocations *allocations)
    __attribute__((nonnull));

/* The program was there before the recording: nothing is said of its other
 * processes. */
void allocations_attach(struct allocations *allocations)
    __attribute__((nonnull));

/* The number of processes that have had a table so far. */
size_t allocations_processes(const struct allocations *allocations)
    __attribute__((nonnull));

/* The number of processes that aren't sampled, or have an allocator that
 * isn't. */
size_t allocations_unseen(const struct allocations *allocations)
    __attribute__((nonnull));

/* Removes a folder that this user's killed recorder has left. */
void allocations_remove(const char *path) __attribute__((nonnull));

#endif
