/* SPDX-License-Identifier: MIT
 *
 * Reads the tables of sampled allocations that recorded processes keep in a
 * directory (base/allocation_table.h), at each tick, or ten times a second for
 * large ones, and reports to the sink what was allocated and freed since. A
 * sample that lived only between two readings is not reported. At most a MiB
 * of records is reported in any minute: beyond that only some samples are,
 * which represent more each.
 */
#ifndef MPROF_RECORDER_ALLOCATIONS_H
#define MPROF_RECORDER_ALLOCATIONS_H

#include "base/err.h"
#include "recorder/sampler.h"
#include "recorder/sites.h"

/* The end of a directory's name. Before it stands the name of the recorder's
 * mark file, without its suffix. */
#define ALLOCATIONS_SUFFIX ".allocations"

struct allocations;

/* Makes the directory, for this user alone; path must not exist. sites are
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

/* Removes a directory that this user's killed recorder has left. */
void allocations_remove(const char *path) __attribute__((nonnull));

/* Removes those that this user's killed recorders have left in parent, and that
 * have not changed for an hour. */
void allocations_remove_left(const char *parent) __attribute__((nonnull));

#endif
