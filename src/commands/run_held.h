/* SPDX-License-Identifier: MIT
 *
 * The end of a recording with sampled allocations: machine code gets names,
 * and if the run was killed for memory, reached its limit or leaks, the places
 * that held most are printed.
 */
#ifndef MPROF_COMMANDS_RUN_HELD_H
#define MPROF_COMMANDS_RUN_HELD_H

#include "dat/writer.h"
#include "recorder/allocations.h"
#include "recorder/sampler.h"
#include "recorder/touched.h"
#include "symbols/naming.h"

enum { RUN_HELD_PLACES = 3 };

struct run_held {
	const struct allocations *allocations; /* NULL: not sampled */
	const struct touched *touched; /* page faults; NULL: not sampled */
	struct naming_means means;     /* root 0: not seen yet */
	struct dat_writer *writer;     /* NULL: the recording needs no names */
	char *places[RUN_HELD_PLACES]; /* as text; NULL behind the last */
	bool leaks, is_touched; /* is_touched: places are of touched memory */
};

/* A hook that reads, when the recording ends, what writer has written, and adds
 * names. The caller sets allocations, touched and writer, and finishes. */
struct sampler_hook run_held_hook(struct run_held *held)
    __attribute__((nonnull));

/* Finds in the recorded run what may explain its end. */
void run_held_judge(struct run_held *held, const struct run *run)
    __attribute__((nonnull));

/* Prints it on stderr where the end calls for it. */
void run_held_print(const struct run_held *held,
    const struct sampler_result *result) __attribute__((nonnull));

void run_held_finish(struct run_held *held) __attribute__((nonnull));

#endif
