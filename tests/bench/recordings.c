// SPDX-License-Identifier: MIT
#include "recordings.h"

#include <math.h>
#include <stdio.h>

#include "edges.h"
#include "world.h"

/* The level of the recording at share x (0 to 1) of its length. */
struct shape {
	enum recording_kind kind;
	struct teeth teeth;
	double amount; /* MiB of leak, warm-up, cache or cycle */
	double tau, phase, cycles;
	size_t steps;
	double step_at[8], step_mib[8];
	double warm_up, warm_tau;
	double late; /* share of the time before a leak begins */
	int variant;
};

static void shape_init(struct world *w, struct shape *s, double noise_like)
{
	s->amount = w->base_mib * world_log_uniform(w, 0.03, 2);
	switch (s->kind) {
	case RECORDING_SAWTOOTH:
		teeth_init(w, &s->teeth);
		break;
	case RECORDING_WARM_UP:
		s->tau = world_uniform(w, 0.01, 0.1);
		break;
	case RECORDING_STEPS:
		s->steps = world_whole(w, 1, 6);
		for (size_t i = 0; i < s->steps; i++) {
			s->step_at[i] = world_uniform(w, 0.02, 0.95);
			s->step_mib[i] =
			    w->base_mib * world_uniform(w, 0.05, 0.5);
			if (world_uniform(w, 0, 1) >= 0.7)
				s->step_mib[i] *= -0.5;
		}
		break;
	case RECORDING_CACHE:
		s->variant = (int)world_whole(w, 0, 2);
		s->tau = s->variant == 0   ? world_uniform(w, 0.12, 0.4)
			 : s->variant == 1 ? world_uniform(w, 0.1, 0.8)
					   : world_log_uniform(w, 0.005, 0.1);
		break;
	case RECORDING_DAILY:
		s->cycles = world_uniform(w, 1.6, 8);
		s->phase = world_uniform(w, 0, 2 * M_PI);
		s->amount = w->base_mib * world_uniform(w, 0.1, 0.5);
		break;
	case RECORDING_LEAK_SAWTOOTH:
		teeth_init(w, &s->teeth);
		s->amount = s->teeth.height * world_uniform(w, 0.4, 3);
		break;
	default:
		break;
	}
	if (s->kind >= RECORDING_LEAK) {
		s->amount =
		    fmax(s->amount, noise_like * world_uniform(w, 3, 12));
		if (world_uniform(w, 0, 1) < 0.2)
			s->late = world_uniform(w, 0.05, 0.4);
		else if (world_uniform(w, 0, 1) < 0.4) {
			s->warm_up = w->base_mib * world_uniform(w, 0.1, 1);
			s->warm_tau = world_uniform(w, 0.005, 0.06);
		}
	}
}

static double shape_level(struct world *w, struct shape *s, double x)
{
	double level =
	    s->warm_up > 0 ? s->warm_up * (1 - exp(-x / s->warm_tau)) : 0;

	switch (s->kind) {
	case RECORDING_SAWTOOTH:
		return teeth_next(w, &s->teeth);
	case RECORDING_CACHE:
		if (s->variant == 1)
			return s->amount * fmin(1, x / s->tau);
		if (s->variant == 2)
			return s->amount * log1p(x / s->tau) /
			       log1p(1 / s->tau);
		return s->amount * (1 - exp(-x / s->tau));
	case RECORDING_WARM_UP:
		return s->amount * (1 - exp(-x / s->tau));
	case RECORDING_STEPS:
		for (size_t i = 0; i < s->steps; i++)
			level += x >= s->step_at[i] ? s->step_mib[i] : 0;
		return level;
	case RECORDING_DAILY:
		return s->amount *
		       (1 + sin(2 * M_PI * s->cycles * x + s->phase)) / 2;
	case RECORDING_LEAK:
		return level + s->amount * fmax(0, x - s->late);
	case RECORDING_LEAK_SAWTOOTH:
		return level + s->amount * fmax(0, x - s->late) +
		       teeth_next(w, &s->teeth);
	default:
		return level;
	}
}

static struct process *child(struct run *run, size_t number)
{
	char key[24];
	int len = snprintf(key, sizeof(key), "%zu", 1000 + number);

	return run_process(run, key, (size_t)len);
}

/* Many children, each with noise of its own; one of them leaks. */
static void make_leaking_child(
    struct world *w, struct run *run, struct recording_facts *facts)
{
	size_t children = world_whole(w, 4, 24),
	       leaker = world_whole(w, 0, children - 1);
	double own = w->base_mib / (double)children;
	/* One after the other: arguments have no order. */
	double least = w->noise_mib * world_uniform(w, 3, 12);
	double amount = fmax(own * world_uniform(w, 0.3, 3), least);

	for (size_t i = 0; i < w->samples; i++) {
		double x = (double)i / (double)w->samples, sum = 0;

		for (size_t c = 0; c < children; c++) {
			double mib = own + fabs(world_noise(w)) / 2;

			mib += c == leaker ? amount * x : 0;
			world_add(w, &child(run, c)->memory, i, mib);
			sum += mib;
		}
		world_add(w, &run->total, i, sum);
	}
	facts->leak_mib = amount;
}

/* Processes that are started and never end, each of about the same size. */
static void make_growing_number(
    struct world *w, struct run *run, struct recording_facts *facts)
{
	size_t born = world_whole(w, 8, 40);
	double own = fmax(w->base_mib * world_uniform(w, 0.02, 0.2),
	    8 * w->noise_mib / (double)born);

	for (size_t i = 0; i < w->samples; i++) {
		double x = (double)i / (double)w->samples, sum;
		size_t alive = (size_t)(x * (double)born);

		sum = w->base_mib + world_noise(w);
		for (size_t c = 0; c < alive; c++) {
			world_add(w, &child(run, c)->memory, i, own);
			sum += own;
		}
		world_add(w, &run->total, i, sum);
	}
	facts->leak_mib = own * (double)born;
}

const char *recording_name(enum recording_kind kind)
{
	static const char *const names[RECORDING_KINDS] = {
	    [RECORDING_FLAT] = "flat",
	    [RECORDING_NOISE] = "noise",
	    [RECORDING_SAWTOOTH] = "sawtooth",
	    [RECORDING_WARM_UP] = "warm-up",
	    [RECORDING_STEPS] = "steps",
	    [RECORDING_CACHE] = "cache",
	    [RECORDING_DAILY] = "daily",
	    [RECORDING_LEAK] = "leak",
	    [RECORDING_LEAK_SAWTOOTH] = "leak-sawtooth",
	    [RECORDING_LEAK_CHILD] = "leak-child",
	    [RECORDING_LEAK_PROCESSES] = "leak-processes",
	    [RECORDING_START_FLAT] = "start-flat",
	    [RECORDING_LOADING_FLAT] = "loading-flat",
	    [RECORDING_FLAT_EXIT] = "flat-exit",
	    [RECORDING_FLAT_IDLE] = "flat-idle",
	    [RECORDING_OFFICE] = "office",
	    [RECORDING_LIVES] = "lives",
	    [RECORDING_FILLS] = "fills",
	    [RECORDING_JVM] = "jvm",
	    [RECORDING_PHASES] = "phases",
	    [RECORDING_SERVICE] = "service",
	    [RECORDING_LEAK_ONE_LOW] = "leak-one-low",
	    [RECORDING_LEAK_EXIT] = "leak-exit",
	    [RECORDING_LEAK_START] = "leak-start",
	    [RECORDING_LEAK_LOADING] = "leak-loading",
	    [RECORDING_LEAK_IDLE] = "leak-idle",
	    [RECORDING_LEAK_DAYS] = "leak-days",
	    [RECORDING_LEAK_OFFICE] = "leak-office",
	    [RECORDING_LEAK_LIVES] = "leak-lives",
	    [RECORDING_LEAK_SERVICE] = "leak-service",
	    [RECORDING_LEAK_RESTARTS] = "leak-restarts",
	};

	return names[kind];
}

bool recording_leaks(enum recording_kind kind)
{
	return (kind >= RECORDING_LEAK && kind < RECORDING_START_FLAT) ||
	       kind >= RECORDING_LEAK_ONE_LOW;
}

bool recording_has_edges(enum recording_kind kind)
{
	return kind >= RECORDING_START_FLAT;
}

bool recording_is_open(enum recording_kind kind)
{
	return kind == RECORDING_LEAK_RESTARTS;
}

static void make_plain(enum recording_kind kind, uint64_t seed, struct run *run,
    struct recording_facts *facts)
{
	struct shape shape = {.kind = kind};
	struct world w;

	world_init(&w, seed * RECORDING_START_FLAT + (uint64_t)kind);
	if (kind == RECORDING_FLAT)
		w.noise_mib = w.spike_chance = 0;
	facts->noise_mib = w.noise_mib;
	if (kind == RECORDING_LEAK_CHILD) {
		make_leaking_child(&w, run, facts);
		return;
	}
	if (kind == RECORDING_LEAK_PROCESSES) {
		make_growing_number(&w, run, facts);
		return;
	}
	shape_init(&w, &shape, w.noise_mib);
	for (size_t i = 0; i < w.samples; i++) {
		double x = (double)i / (double)w.samples;
		double level = shape_level(&w, &shape, x);

		world_add(
		    &w, &run->total, i, w.base_mib + level + world_noise(&w));
	}
	if (kind >= RECORDING_LEAK)
		facts->leak_mib = shape.amount;
}

void recording_make(enum recording_kind kind, uint64_t seed, struct run *run,
    struct recording_facts *facts)
{
	const struct series *total = &run->total;

	*facts = (struct recording_facts){0};
	if (recording_has_edges(kind)) {
		edges_make(kind, seed, run, facts);
		return;
	}
	make_plain(kind, seed, run, facts);
	facts->mib_per_s =
	    facts->leak_mib /
	    (total->items[total->len - 1].time_s - total->items[0].time_s);
}
