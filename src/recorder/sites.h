/* SPDX-License-Identifier: MIT
 *
 * Numbers for the stacks and frames of a recording, from 1, ascending in the
 * order in which their texts first occur.
 */
#ifndef MPROF_RECORDER_SITES_H
#define MPROF_RECORDER_SITES_H

#include "base/array.h"
#include "base/index.h"
#include "proc/kept_files.h"
#include "proc/roots.h"
#include "recorder/sink.h"

/* Numbers of texts, by their hash. */
struct sites_numbers {
	ARRAY(uint64_t) hashes;
	struct index index;
};

/* Zeroed it is empty. */
struct sites {
	struct sites_numbers sites, frames;
	/* The roots of the processes and the object files that frames name. */
	struct roots roots;
	struct kept_files files;
};

/* Returns the stack's number, and in numbers those of its frames; 0 where there
 * are too many. *bytes is the size that the frames take in a record where the
 * stack is new and they have to be written; else 0. */
uint32_t sites_number(struct sites *sites, const struct sink_frame *frames,
    size_t count, uint32_t *numbers, size_t *bytes) __attribute__((nonnull));

void sites_finish(struct sites *sites) __attribute__((nonnull));

#endif
