// SPDX-License-Identifier: MIT
#include "allocation/rate.h"

#define WINDOW_NS 20000000
#define MOST (UINT64_C(1) << 32)
/* Samples take 1.25 % of the time at most, and where it was less than 0.4 %
 * there may be more of them. */
#define SPENT_MOST_NS (WINDOW_NS / 80)
#define SPENT_LEAST_NS (WINDOW_NS / 250)
/* The CPU time is asked for, which is a system call, after so much of it. */
#define ASK_NS (SPENT_LEAST_NS / 2)
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
	if (window < WINDOW_NS && rate->spent_ns <= SPENT_MOST_NS)
		return;
	if (rate->spent_ns > window / 80 && rate->period < MOST)
		rate->period *= 2;
	else if (rate->spent_ns < window / 250 && rate->period > rate->least)
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
