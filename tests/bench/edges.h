/* SPDX-License-Identifier: MIT
 *
 * Labelled recordings with a beginning and an end, as real services have:
 * start-up, loading, idle times, days, restarts and an orderly exit, each with
 * and without a leak.
 */
#ifndef MPROF_BENCH_EDGES_H
#define MPROF_BENCH_EDGES_H

#include "recordings.h"
#include "world.h"

/* Fills run and facts with a recording of a kind that has edges. */
void edges_make(enum recording_kind kind, uint64_t seed, struct run *run,
    struct recording_facts *facts);

#endif
