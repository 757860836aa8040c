// SPDX-License-Identifier: MIT
#include "world.h"

#include <math.h>

#include "base/random.h"

double world_uniform(struct world *w, double low, double high)
{
	return low +
	       (high - low) * (double)(random_next(&w->state) >> 11) * 0x1p-53;
}

double world_log_uniform(struct world *w, double low, double high)
{
	return exp(world_uniform(w, log(low), log(high)));
}

size_t world_whole(struct world *w, size_t low, size_t high)
{
	return low + (size_t)(random_next(&w->state) % (high - low + 1));
}

/* Box and Muller. */
static double normal(struct world *w)
{
	double r = sqrt(-2 * log(world_uniform(w, 1e-12, 1)));

	return r * cos(2 * M_PI * world_uniform(w, 0, 1));
}

double world_noise(struct world *w)
{
	double fresh = sqrt(1 - w->rho * w->rho) * normal(w);
	double spike = 0;

	w->noise_now = w->rho * w->noise_now + fresh;
	if (world_uniform(w, 0, 1) < w->spike_chance)
		spike = world_uniform(w, 2, 20);
	return w->noise_mib * (w->noise_now + spike);
}

void world_init(struct world *w, uint64_t seed)
{
	*w = (struct world){.state = seed * 0x2545f4914f6cdd1d + 1};
	w->samples = (size_t)world_log_uniform(w, 300, 12000);
	w->interval_s = world_log_uniform(w, 0.05, 30);
	/* In less than a minute a leak can't be told from a load of data. */
	if (w->interval_s * (double)w->samples < 66)
		w->interval_s = 66 / (double)w->samples;
	w->base_mib = world_log_uniform(w, 15, 3000);
	w->noise_mib = w->base_mib * world_log_uniform(w, 1e-4, 0.05);
	w->rho = world_uniform(w, 0, 1) < 0.5 ? 0 : world_uniform(w, 0, 0.98);
	if (world_uniform(w, 0, 1) < 0.3)
		w->spike_chance = world_log_uniform(w, 1e-3, 0.05);
}

void teeth_init(struct world *w, struct teeth *t)
{
	double n = (double)w->samples;

	t->period = world_log_uniform(w, 6, n / 12);
	t->height = w->base_mib * world_uniform(w, 0.05, 1.5);
	t->length = t->period;
	t->at = world_uniform(w, 0, t->period);
}

double teeth_next(struct world *w, struct teeth *t)
{
	if (++t->at >= t->length) {
		t->at = 0;
		t->length = t->period * world_uniform(w, 0.7, 1.3);
	}
	return t->height * t->at / t->period;
}

void world_add(struct world *w, struct series *series, size_t i, double mib)
{
	series_add(series, 1.7e9 + (double)i * w->interval_s,
	    fmax(0.1, round(mib * 256) / 256));
}
