/* SPDX-License-Identifier: MIT
 *
 * The end of a recording with sampled allocations: machine code gets names, and
 * where the run was killed for memory, reached its limit or leaks, what held
 * most is said.
 */
#ifndef MPROF_COMMANDS_RUN_HELD_H
#define MPROF_COMMANDS_RUN_HELD_H

#include "dat/writer.h"
#include "recorder/allocations.h"
#include "recorder/sampler.h"
#include "recorder/touched.h"

enum { RUN_HELD_PLACES = 3 };

struct run_held {
	const struct allocations *allocations; /* NULL: none are sampled */
	const struct touched *touched;         /* the same of page faults */
	struct dat_writer *writer;             /* NULL: nothing to complete */
	char *places[RUN_HELD_PLACES];         /* in words; NULL: no more */
	bool leaks, is_touched; /* the latter is what the places say */
};

/* Reads, when the recording ends, what writer has written, and adds names. The
 * caller sets allocations, touched and writer, and finishes. */
struct sampler_hook run_held_hook(struct run_held *held)
    __attribute__((nonnull));

/* Finds in the recorded run what the end may want explained by. */
void run_held_judge(struct run_held *held, const struct run *run)
    __attribute__((nonnull));

/* On stderr, where the end wants explaining. */
void run_held_print(const struct run_held *held,
    const struct sampler_result *result) __attribute__((nonnull));

void run_held_finish(struct run_held *held) __attribute__((nonnull));

#endif
