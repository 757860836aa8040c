/* SPDX-License-Identifier: MIT
 *
 * Who makes resident memory grow, of any program: page faults are sampled and
 * unwound from outside, by the module touched.so in a process of its own
 * (base/touched_feed.h), with bounded memory, which is no child of this one.
 * What it finds is passed to the sink. It may be refused, and it may die.
 */
#ifndef MPROF_RECORDER_TOUCHED_H
#define MPROF_RECORDER_TOUCHED_H

#include "base/err.h"
#include "recorder/sink.h"
#include "recorder/sites.h"

struct touched;

/* Watches what this process is going to execute, or, where pid is given, that
 * process and its descendants. sites are borrowed. NULL with e, which says why,
 * where that is not offered here. The caller destroys. */
struct touched *touched_create(pid_t pid, struct sites *sites, struct err *e)
    __attribute__((nonnull(2), warn_unused_result));
void touched_destroy(struct touched *touched);

struct sampler_hook touched_hook(struct touched *touched)
    __attribute__((nonnull));

/* Counts what came of it so far. */
struct touched_count {
	size_t samples;
	uint64_t lost; /* faults that the kernel had no room for */
	bool died;     /* the process, before its time */
};

struct touched_count touched_count(const struct touched *touched)
    __attribute__((nonnull));

#endif
