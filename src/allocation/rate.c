// SPDX-License-Identifier: MIT
#include "allocation/rate.h"

#define WINDOW_NS 20000000
#define MOST (UINT64_C(1) << 32)
/* Thousandths of the time. */
#define PART_MOST 20
#define PART_LEAST 6
/* One that took longer was suspended meanwhile. */
#define SAMPLE_NS 50000

void rate_spend(struct rate *rate, uint64_t begin_ns, uint64_t end_ns)
{
	uint64_t took = end_ns - begin_ns, window = end_ns - rate->since_ns;
	uint64_t part;

	rate->spent_ns += took < SAMPLE_NS ? took : SAMPLE_NS;
	if (window < WINDOW_NS)
		return;
	part = rate->spent_ns * 1000 / window;
	for (; part > PART_MOST && rate->period < MOST; part /= 2)
		rate->period *= 2;
	if (part < PART_LEAST && rate->period > rate->least)
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
