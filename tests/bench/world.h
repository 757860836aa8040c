/* SPDX-License-Identifier: MIT
 *
 * The machine that labelled recordings are made on: its random numbers, its
 * interval and its noise.
 */
#ifndef MPROF_BENCH_WORLD_H
#define MPROF_BENCH_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "profile/series.h"

struct world {
	uint64_t state; /* of the random numbers */
	double interval_s;
	size_t samples;
	double base_mib;
	double noise_mib; /* deviation of the noise, already correlated */
	double rho;       /* of the noise, sample to sample */
	double spike_chance;
	double noise_now;
};

void world_init(struct world *w, uint64_t seed);
double world_uniform(struct world *w, double low, double high);
double world_log_uniform(struct world *w, double low, double high);
size_t world_whole(struct world *w, size_t low, size_t high);
double world_noise(struct world *w);
void world_add(struct world *w, struct series *series, size_t i, double mib);

/* A sawtooth of about the given period, each tooth of its own length. */
struct teeth {
	double period, height, at, length;
};

void teeth_init(struct world *w, struct teeth *t);
double teeth_next(struct world *w, struct teeth *t);

#endif
