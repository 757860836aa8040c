/* SPDX-License-Identifier: MIT
 *
 * The places in the program that allocate, and whether they keep their memory
 * or free it soon. For a given number of samples, the error of all sums is
 * least if each place's period is proportional to the square root of its
 * allocations over what it holds of them (Neyman's allocation, 1934): memory
 * that is held gets the samples, and short-lived memory few. A place is
 * identified without its stack, which would cost as much as a sample: by the
 * caller of the allocator, the depth of the stack, the size, and lines of
 * Python.
 */
#ifndef MPROF_ALLOCATION_CALLERS_H
#define MPROF_ALLOCATION_CALLERS_H

#include <stdint.h>

#include "allocation/rate.h"

#define CALLERS 4096
#define CALLERS_NONE 0 /* number of no place */

struct caller {
	uint32_t key;         /* 0: free */
	uint32_t taken, most; /* recent samples; most samples held */
	uint32_t held;        /* samples held now */
	uint64_t bytes;       /* bytes that these represent */
};

/* Zeroed it is empty. Changes need the lock of samples.c. */
struct callers {
	uint16_t at[CALLERS]; /* the number of a place, by key; 0: of none */
	uint32_t len;
	struct caller list[CALLERS];
};

/* The period of a place, at least the rate's shortest. Needs no lock: an
 * outdated number is just another period. */
uint64_t callers_period(
    const struct callers *callers, uint32_t key, const struct rate *rate);

/* A sample is taken at that place. Returns the place's number. */
uint32_t callers_add(struct callers *callers, uint32_t key);

/* A sample of the place that represents so many bytes is held from now on, or
 * no longer. */
void callers_hold(struct callers *callers, uint32_t caller, uint64_t bytes);
void callers_release(struct callers *callers, uint32_t caller, uint64_t bytes);

#endif
