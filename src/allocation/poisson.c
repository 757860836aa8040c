// SPDX-License-Identifier: MIT
#include "allocation/poisson.h"

#include <string.h>

/* xorshift64* (Marsaglia, Vigna). */
static uint64_t poisson_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 2685821657736338717u;
}

/* A number in (0, 1]. */
static double poisson_uniform(uint64_t *seed)
{
	return (double)((poisson_random(seed) >> 11) + 1) * 0x1p-53;
}

/* The natural logarithm of a normal number above 0, within 1e-7: for x = m *
 * 2^e it is e ln 2 + 2 artanh((m - 1) / (m + 1)). It is needed at each point,
 * so the series divides by no variable. */
static double poisson_log(double x)
{
	const uint64_t half = 0x6a09e667f3bcd; /* sqrt(2) = 1 + half / 2^52 */
	uint64_t bits;
	int exponent;
	double m, s, q;

	memcpy(&bits, &x, sizeof(bits));
	exponent = (int)(bits >> 52 & 0x7ff) - 1023;
	bits &= 0xfffffffffffff;
	exponent += bits > half;
	bits |= (uint64_t)(bits > half ? 1022 : 1023) << 52;
	memcpy(&m, &bits, sizeof(m));
	s = (m - 1) / (m + 1);
	q = s * s;
	return exponent * 0.69314718055994530942 +
	       2 * s * (1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7))));
}

uint64_t poisson_next(uint64_t *seed, uint64_t period)
{
	return (uint64_t)(-poisson_log(poisson_uniform(seed)) *
			  (double)period) +
	       1;
}

/* 1 - exp(-x): a series for small x, doubled by f(2x) = f(x) (2 - f(x)). */
double poisson_chance(uint64_t size, uint64_t period)
{
	double x = (double)size / (double)period, f;
	int doublings = 0;

	if (x > 40)
		return 1;
	while (x > 0.25) {
		x /= 2;
		doublings++;
	}
	f = 1 - x * (1.0 / 8);
	f = 1 - x * (1.0 / 7) * f;
	f = 1 - x * (1.0 / 6) * f;
	f = 1 - x * (1.0 / 5) * f;
	f = 1 - x * (1.0 / 4) * f;
	f = 1 - x * (1.0 / 3) * f;
	f = x * (1 - x * (1.0 / 2) * f);
	for (; doublings > 0; doublings--)
		f *= 2 - f;
	return f;
}

uint64_t poisson_weight(uint64_t size, uint64_t period)
{
	double chance = poisson_chance(size, period);

	/* An allocation of no bytes is never sampled. */
	return chance > 0 ? (uint64_t)((double)size / chance + 0.5) : 0;
}

int poisson_thin(
    uint64_t *seed, uint64_t size, uint64_t period, uint64_t longer)
{
	double uniform = poisson_uniform(seed), parts = (double)period;

	/* For a small one the chance is at most period / longer / (1 - size / 2
	 * period), which nearly always decides. */
	if (size < period &&
	    uniform * (parts - (double)size / 2) * (double)longer >
		parts * parts)
		return 0;
	return uniform * poisson_chance(size, period) <=
	       poisson_chance(size, longer);
}

int poisson_coin(uint64_t *seed, double chance)
{
	return poisson_uniform(seed) <= chance;
}
