/* SPDX-License-Identifier: MIT
 *
 * The period of the sampling. It doubles where samples take more than a small
 * part of the process's CPU time, and is halved again where they take much
 * less.
 */
#ifndef MPROF_ALLOCATION_RATE_H
#define MPROF_ALLOCATION_RATE_H

#include <stdint.h>

/* A place that keeps what it allocates has a period of no more than so many
 * times the shortest, whatever the cost. */
#define RATE_KEEPER_TIMES 2

struct rate {
	uint64_t least;    /* bytes: the shortest period of any place */
	uint64_t period;   /* that of places that keep all; it may be shorter */
	uint64_t since_ns; /* CPU time where the window began */
	uint64_t spent_ns; /* on samples, since then */
	uint64_t asked_ns; /* spent_ns when rate_judge() was last called */
};

void rate_init(struct rate *rate, uint64_t least, uint64_t cpu_ns);

/* A period that no place has a shorter one than. */
uint64_t rate_shortest(const struct rate *rate);

/* A sample took so long, by a clock that may jump. Non-zero: rate_judge() is
 * due. */
int rate_spend(struct rate *rate, uint64_t took_ns);

/* Adapts the period; cpu_ns is the CPU time of the process so far. */
void rate_judge(struct rate *rate, uint64_t cpu_ns);

/* The table is full: longer periods from now on. */
void rate_lengthen(struct rate *rate);

#endif
