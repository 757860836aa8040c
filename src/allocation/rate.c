// SPDX-License-Identifier: MIT
#include "allocation/rate.h"

#include <stdbool.h>

#define WINDOW_NS 20000000
/* Length of a window in which nothing is to change, and its age when a process
 * begins, so that sampling starts at once. */
#define LONG_NS (8 * WINDOW_NS)
/* Samples take 1/160 of the time at most; below 1/500 there may be more of
 * them. */
#define MOST_PART 160
#define LEAST_PART 500
/* Asking for the CPU time is a system call, made when samples have taken that
 * much more. */
#define ASK_NS (WINDOW_NS / LEAST_PART / 2)
/* A sample that took longer was interrupted. */
#define SAMPLE_NS 30000
/* Greatest factor by which the period of places that keep nothing is longer. */
#define SPREAD 16
/* Greatest factor of the shortest period for a place that is not known yet.
 * Without a limit, the cost of places that keep their memory, which are sampled
 * whatever it is, would lengthen the period until a new place has no sample. */
#define MOST_TIMES (SPREAD * RATE_KEEPER_TIMES)

void rate_init(struct rate *rate, uint64_t least, uint64_t cpu_ns)
{
	*rate = (struct rate){.least = least,
	    .period = least / SPREAD + 1,
	    .since_ns = cpu_ns - LONG_NS};
}

uint64_t rate_shortest(const struct rate *rate)
{
	uint64_t most = rate->least * RATE_KEEPER_TIMES;
	uint64_t period = rate->period < most ? rate->period : most;

	return period > rate->least ? period : rate->least;
}

int rate_spend(struct rate *rate, uint64_t took_ns)
{
	rate->spent_ns += took_ns < SAMPLE_NS ? took_ns : SAMPLE_NS;
	return rate->spent_ns - rate->asked_ns >= ASK_NS;
}

void rate_judge(struct rate *rate, uint64_t cpu_ns)
{
	uint64_t window = cpu_ns - rate->since_ns;
	bool is_over = window >= LONG_NS + WINDOW_NS;

	rate->asked_ns = rate->spent_ns;
	/* Not only at the window's end, as a program may be short. */
	if (window < WINDOW_NS && rate->spent_ns <= WINDOW_NS / MOST_PART)
		return;
	if (rate->spent_ns > window / MOST_PART) {
		rate->period *= rate->period < rate->least * MOST_TIMES ? 2 : 1;
		is_over = true;
	} else if (rate->spent_ns < window / LEAST_PART &&
		   rate->period > rate->least / SPREAD + 1) {
		rate->period /= 2;
		is_over = true;
	}
	if (!is_over)
		return;
	rate->since_ns = cpu_ns;
	rate->spent_ns = rate->asked_ns = 0;
}

void rate_lengthen(struct rate *rate)
{
	rate->least *= 2;
	if (rate->period < rate->least / SPREAD)
		rate->period = rate->least / SPREAD;
}
