/* SPDX-License-Identifier: MIT
 *
 * Memory while a function runs, read by a separate thread that needs no GIL
 * and receives no signals. Samples of a short function are closer together:
 * the first ones are on finer grids, each with a tenth of the next one's step.
 */
#ifndef MPROF_PYTHON_AGENT_USAGE_H
#define MPROF_PYTHON_AGENT_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader;
struct usage;

struct usage_sample {
	int64_t bytes;
	int64_t ns;   /* since the epoch */
	int64_t slot; /* time since the start, in slots of an interval; the last
			 sample has -1 */
};

/* Takes the first sample and goes on; it owns the reader from now on. Where
 * only the peak is wanted, memory is read at least once a millisecond, and one
 * sample is kept. NULL where there is no memory. */
struct usage *usage_start(
    struct reader *reader, double interval_s, bool peak_only);

/* Takes the last sample; call it before the functions below. */
void usage_stop(struct usage *usage);

/* The samples, or the highest alone: the process's high-water mark where that
 * rose meanwhile, as a peak can lie between two samples. */
const struct usage_sample *usage_samples(
    const struct usage *usage, size_t *len);

/* The number of slots in an interval. */
int64_t usage_slots(const struct usage *usage);
void usage_destroy(struct usage *usage);

/* Before and after a fork: no thread runs in between, so that the child begins
 * with one thread. */
void usages_hold(void);
void usages_go_on(void);

#endif
