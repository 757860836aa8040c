// SPDX-License-Identifier: MIT
#include "allocation/rate.h"

#define WINDOW_NS 20000000
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

int rate_spend(struct rate *rate, uint64_t took_ns)
{
	rate->spent_ns += took_ns < SAMPLE_NS ? took_ns : SAMPLE_NS;
	return rate->spent_ns - rate->asked_ns >= ASK_NS;
}

void rate_judge(struct rate *rate, uint64_t cpu_ns)
{
	uint64_t window = cpu_ns - rate->since_ns;

	rate->asked_ns = rate->spent_ns;
	/* Not only at the window's end: a program may be short. */
	if (window < WINDOW_NS && rate->spent_ns <= WINDOW_NS / MOST_PART)
		return;
	if (rate->spent_ns > window / MOST_PART && rate->period < MOST)
		rate->period *= 2;
	else if (rate->spent_ns < window / LEAST_PART &&
		 rate->period > rate->least)
		rate->period /= 2;
	rate->since_ns = cpu_ns;
	rate->spent_ns = rate->asked_ns = 0;
}

void rate_lengthen(struct rate *rate)
{
	rate->least *= 2;
	if (rate->period < rate->least)
		rate->period = rate->least;
}
