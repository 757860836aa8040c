/* SPDX-License-Identifier: MIT
 *
 * Tells which code makes resident memory grow, in any program. Page faults are
 * sampled and unwound from outside by the module touched.so, in a process with
 * bounded memory that is no child of this one (base/touched_feed.h), and its
 * samples are passed to the sink. The kernel may refuse it, and the process
 * may die.
 */
#ifndef MPROF_RECORDER_TOUCHED_H
#define MPROF_RECORDER_TOUCHED_H

#include "base/err.h"
#include "recorder/sink.h"
#include "recorder/sites.h"

struct touched;

/* Watches the program that this process is going to execute; where pid is
 * given, that process and its descendants. sites is borrowed. NULL with e,
 * which says why, where that is not possible here. The caller destroys. */
struct touched *touched_create(pid_t pid, struct sites *sites, struct err *e)
    __attribute__((nonnull(2), warn_unused_result));
void touched_destroy(struct touched *touched);

struct sampler_hook touched_hook(struct touched *touched)
    __attribute__((nonnull));

/* Counts of what was sampled so far. */
struct touched_count {
	size_t samples;
	uint64_t lost; /* faults that the kernel had no room for */
	bool died;     /* the process that watches ended early */
};

struct touched_count touched_count(const struct touched *touched)
    __attribute__((nonnull));

#endif
