/* SPDX-License-Identifier: MIT
 *
 * Poisson sampling by bytes: the points of a Poisson process are laid over all
 * bytes that are allocated, one in `period` bytes on average, and an
 * allocation is sampled where a point falls into it. Without libm, which the
 * program need not have.
 */
#ifndef MPROF_ALLOCATION_POISSON_H
#define MPROF_ALLOCATION_POISSON_H

#include <stdint.h>

/* Bytes until the next point, at least 1. seed must not be 0. */
uint64_t poisson_next(uint64_t *seed, uint64_t period);

/* The probability that an allocation of size bytes is sampled. */
double poisson_chance(uint64_t size, uint64_t period);

/* The bytes that a sampled allocation represents: size / chance. */
uint64_t poisson_weight(uint64_t size, uint64_t period);

/* Whether an allocation that was sampled with the period would also be with a
 * longer one. */
int poisson_thin(
    uint64_t *seed, uint64_t size, uint64_t period, uint64_t longer);

/* True with that probability. */
int poisson_coin(uint64_t *seed, double chance);

#endif
