/* SPDX-License-Identifier: MIT
 *
 * The period of the sampling. It doubles where samples take more than a small
 * part of the process's CPU time, and is halved again where they take much
 * less.
 */
#ifndef MPROF_ALLOCATION_RATE_H
#define MPROF_ALLOCATION_RATE_H

#include <stdint.h>

/* Greatest factor of the shortest period for a place that keeps its
 * allocations, whatever the cost. */
#define RATE_KEEPER_TIMES 2

struct rate {
	uint64_t least; /* shortest period of any place, in bytes */
	/* Period of places that keep everything; may be shorter. */
	uint64_t period;
	uint64_t since_ns; /* CPU time at the start of the window */
	uint64_t spent_ns; /* time spent on samples since then */
	uint64_t asked_ns; /* spent_ns at the last call of rate_judge() */
};

void rate_init(struct rate *rate, uint64_t least, uint64_t cpu_ns);

/* The shortest period of any place. */
uint64_t rate_shortest(const struct rate *rate);

/* A sample took that long, by a clock that may jump. Non-zero: rate_judge() is
 * due. The time of points at which no sample is taken, some 60 ns each, is left
 * out: a longer period would only halve their number, at the cost of samples.
 * With it, pairs of malloc() and free() took as long. */
int rate_spend(struct rate *rate, uint64_t took_ns);

/* Adapts the period; cpu_ns is the process's CPU time. */
void rate_judge(struct rate *rate, uint64_t cpu_ns);

/* The table is full: lengthens the periods. */
void rate_lengthen(struct rate *rate);

#endif
