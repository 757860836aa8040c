// SPDX-License-Identifier: MIT
#include "recordings.h"

#include <math.h>
#include <stdio.h>

#include "base/random.h"

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

static double uniform(struct world *w, double low, double high)
{
	return low +
	       (high - low) * (double)(random_next(&w->state) >> 11) * 0x1p-53;
}

static double log_uniform(struct world *w, double low, double high)
{
	return exp(uniform(w, log(low), log(high)));
}

static size_t whole(struct world *w, size_t low, size_t high)
{
	return low + (size_t)(random_next(&w->state) % (high - low + 1));
}

/* Box and Muller. */
static double normal(struct world *w)
{
	double r = sqrt(-2 * log(uniform(w, 1e-12, 1)));

	return r * cos(2 * M_PI * uniform(w, 0, 1));
}

static double noise(struct world *w)
{
	double fresh = sqrt(1 - w->rho * w->rho) * normal(w);
	double spike = 0;

	w->noise_now = w->rho * w->noise_now + fresh;
	if (uniform(w, 0, 1) < w->spike_chance)
		spike = uniform(w, 2, 20);
	return w->noise_mib * (w->noise_now + spike);
}

static void world_init(struct world *w, uint64_t seed)
{
	*w = (struct world){.state = seed * 0x2545f4914f6cdd1d + 1};
	w->samples = (size_t)log_uniform(w, 300, 12000);
	w->interval_s = log_uniform(w, 0.05, 30);
	w->base_mib = log_uniform(w, 15, 3000);
	w->noise_mib = w->base_mib * log_uniform(w, 1e-4, 0.05);
	w->rho = uniform(w, 0, 1) < 0.5 ? 0 : uniform(w, 0, 0.98);
	if (uniform(w, 0, 1) < 0.3)
		w->spike_chance = log_uniform(w, 1e-3, 0.05);
}

/* A sawtooth of about the given period, each tooth of its own length. */
struct teeth {
	double period, height, at, length;
	double drop; /* share of the period in which it falls */
};

static void teeth_init(struct world *w, struct teeth *t)
{
	double n = (double)w->samples;

	t->period = log_uniform(w, 6, n / 12);
	t->height = w->base_mib * uniform(w, 0.05, 1.5);
	t->length = t->period;
	t->at = uniform(w, 0, t->period);
}

static double teeth_next(struct world *w, struct teeth *t)
{
	if (++t->at >= t->length) {
		t->at = 0;
		t->length = t->period * uniform(w, 0.7, 1.3);
	}
	return t->height * t->at / t->period;
}

static void add(struct world *w, struct series *series, size_t i, double mib)
{
	series_add(series, 1.7e9 + (double)i * w->interval_s,
	    fmax(0.1, round(mib * 256) / 256));
}

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
	s->amount = w->base_mib * log_uniform(w, 0.03, 2);
	switch (s->kind) {
	case RECORDING_SAWTOOTH:
		teeth_init(w, &s->teeth);
		break;
	case RECORDING_WARM_UP:
		s->tau = uniform(w, 0.01, 0.1);
		break;
	case RECORDING_STEPS:
		s->steps = whole(w, 1, 6);
		for (size_t i = 0; i < s->steps; i++) {
			s->step_at[i] = uniform(w, 0.02, 0.95);
			s->step_mib[i] = w->base_mib * uniform(w, 0.05, 0.5) *
					 (uniform(w, 0, 1) < 0.7 ? 1 : -0.5);
		}
		break;
	case RECORDING_CACHE:
		s->variant = (int)whole(w, 0, 2);
		s->tau = s->variant == 0   ? uniform(w, 0.12, 0.4)
			 : s->variant == 1 ? uniform(w, 0.1, 0.8)
					   : log_uniform(w, 0.005, 0.1);
		break;
	case RECORDING_DAILY:
		s->cycles = uniform(w, 1.6, 8);
		s->phase = uniform(w, 0, 2 * M_PI);
		s->amount = w->base_mib * uniform(w, 0.1, 0.5);
		break;
	case RECORDING_LEAK_SAWTOOTH:
		teeth_init(w, &s->teeth);
		s->amount = s->teeth.height * uniform(w, 0.4, 3);
		break;
	default:
		break;
	}
	if (s->kind >= RECORDING_LEAK) {
		s->amount = fmax(s->amount, noise_like * uniform(w, 3, 12));
		if (uniform(w, 0, 1) < 0.2)
			s->late = uniform(w, 0.05, 0.4);
		else if (uniform(w, 0, 1) < 0.4) {
			s->warm_up = w->base_mib * uniform(w, 0.1, 1);
			s->warm_tau = uniform(w, 0.005, 0.06);
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
	size_t children = whole(w, 4, 24), leaker = whole(w, 0, children - 1);
	double own = w->base_mib / (double)children;
	double amount =
	    fmax(own * uniform(w, 0.3, 3), w->noise_mib * uniform(w, 3, 12));

	for (size_t i = 0; i < w->samples; i++) {
		double x = (double)i / (double)w->samples, sum = 0;

		for (size_t c = 0; c < children; c++) {
			double mib = own + fabs(noise(w)) / 2;

			mib += c == leaker ? amount * x : 0;
			add(w, &child(run, c)->memory, i, mib);
			sum += mib;
		}
		add(w, &run->total, i, sum);
	}
	facts->leak_mib = amount;
}

/* Processes that are started and never end, each of about the same size. */
static void make_growing_number(
    struct world *w, struct run *run, struct recording_facts *facts)
{
	size_t born = whole(w, 8, 40);
	double own = fmax(w->base_mib * uniform(w, 0.02, 0.2),
	    8 * w->noise_mib / (double)born);

	for (size_t i = 0; i < w->samples; i++) {
		double x = (double)i / (double)w->samples, sum;
		size_t alive = (size_t)(x * (double)born);

		sum = w->base_mib + noise(w);
		for (size_t c = 0; c < alive; c++) {
			add(w, &child(run, c)->memory, i, own);
			sum += own;
		}
		add(w, &run->total, i, sum);
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
	};

	return names[kind];
}

void recording_make(enum recording_kind kind, uint64_t seed, struct run *run,
    struct recording_facts *facts)
{
	struct shape shape = {.kind = kind};
	struct world w;

	*facts = (struct recording_facts){0};
	world_init(&w, seed * RECORDING_KINDS + (uint64_t)kind);
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

		add(&w, &run->total, i, w.base_mib + level + noise(&w));
	}
	if (kind >= RECORDING_LEAK)
		facts->leak_mib = shape.amount;
}
