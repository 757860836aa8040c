/* SPDX-License-Identifier: MIT
 *
 * Random numbers that are the same everywhere for the same seed: splitmix64,
 * of Steele, Lea and Flood, "Fast splittable pseudorandom number generators"
 * (2014). Not for secrets.
 */
#ifndef MPROF_BASE_RANDOM_H
#define MPROF_BASE_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* A number from 0 to below 1. */
static inline double random_unit(uint64_t *state)
{
	return (double)(random_next(state) >> 11) * 0x1p-53;
}

#endif
