// SPDX-License-Identifier: MIT
#include "allocation/rate.h"

#define WINDOW_NS 20000000
#define MOST (UINT64_C(1) << 32)
/* Samples take 2 % of the time at most, and where it was less than 0.6 % there
 * may be more of them. */
#define SPENT_MOST_NS (WINDOW_NS / 50)
#define SPENT_LEAST_NS (WINDOW_NS / 160)
/* One that took longer was suspended meanwhile. */
#define SAMPLE_NS 30000

void rate_spend(struct rate *rate, uint64_t begin_ns, uint64_t end_ns)
{
	uint64_t took = end_ns - begin_ns, window = end_ns - rate->since_ns;

	rate->spent_ns += took < SAMPLE_NS ? took : SAMPLE_NS;
	/* Not only at the window's end: a program may be short. */
	if (window < WINDOW_NS && rate->spent_ns <= SPENT_MOST_NS)
		return;
	if (window < WINDOW_NS && rate->period < MOST)
		rate->period *= 2;
	else if (rate->spent_ns < SPENT_LEAST_NS && rate->period > rate->least)
		rate->period /= 2;
	rate->since_ns = end_ns;
	rate->spent_ns = 0;
}

void rate_lengthen(struct rate *rate)
{
	rate->least *= 2;
	if (rate->period < rate->least)
		rate->period = rate->least;
}
