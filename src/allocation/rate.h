/* SPDX-License-Identifier: MIT
 *
 * The period of the sampling. It doubles where samples take more than a small
 * part of the time, and is halved again where they take much less.
 */
#ifndef MPROF_ALLOCATION_RATE_H
#define MPROF_ALLOCATION_RATE_H

#include <stdint.h>

struct rate {
	uint64_t period, least; /* bytes */
	uint64_t since_ns;      /* the clock where the window began */
	uint64_t spent_ns;      /* on samples, since then */
};

/* A sample took from begin to end, by a clock that may jump. */
void rate_spend(struct rate *rate, uint64_t begin_ns, uint64_t end_ns);

/* The table is full: a longer period from now on. */
void rate_lengthen(struct rate *rate);

#endif
