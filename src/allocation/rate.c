// SPDX-License-Identifier: MIT
#include "allocation/rate.h"

#include <stdbool.h>

#define WINDOW_NS 20000000
/* A window goes on for so long where nothing is to be changed, and so long it
 * has lasted when a process begins: what is not known yet is sampled. */
#define LONG_NS (8 * WINDOW_NS)
#define MOST (UINT64_C(1) << 32)
/* Samples take 1/80 of the time at most, and where it was less than 1/250 there
 * may be more of them. */
#define MOST_PART 80
#define LEAST_PART 250
/* To ask for the CPU time is a system call: it is done when samples have taken
 * so much more. */
#define ASK_NS (WINDOW_NS / LEAST_PART / 2)
/* One that took longer was suspended meanwhile. */
#define SAMPLE_NS 30000
/* Places that keep nothing have a period that is longer by as much at most. */
#define SPREAD 16

void rate_init(struct rate *rate, uint64_t least, uint64_t cpu_ns)
{
	*rate = (struct rate){.least = least,
	    .period = least / SPREAD + 1,
	    .since_ns = cpu_ns - LONG_NS};
}

uint64_t rate_shortest(const struct rate *rate)
{
	uint64_t part = rate->period / SPREAD;

	if (part > rate->least * RATE_KEEPER_TIMES)
		part = rate->least * RATE_KEEPER_TIMES;
	return part > rate->least ? part : rate->least;
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
	/* Not only at the window's end: a program may be short. */
	if (window < WINDOW_NS && rate->spent_ns <= WINDOW_NS / MOST_PART)
		return;
	if (rate->spent_ns > window / MOST_PART) {
		rate->period *= rate->period < MOST ? 2 : 1;
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
