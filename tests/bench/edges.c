// SPDX-License-Identifier: MIT
#include "edges.h"

#include <math.h>

/* One recording: what comes one after the other, in shares of the time. */
struct edges {
	struct world w;
	double starts;  /* until here it starts up, or loads */
	double begins;  /* the level before that, MiB */
	double loads;   /* what grows while it loads, MiB */
	int start_form; /* line, curve or jumps */
	double idles;   /* from here on it is idle; 1: never */
	int idle_form;  /* as before, quiet, or quiet and lower */
	double leaks;   /* MiB from starts to idles */
	double cycles;  /* days in it; 0: none */
	double swing;   /* MiB between night and day */
	double phase;
	bool office;  /* work from nine to five, else a sine */
	size_t lives; /* 0: one that is never restarted */
	double life_at[16];
	size_t exits; /* samples that see it going, at the end */
	double left;  /* share of the level at the last of them */
	bool has_teeth;
	struct teeth teeth;
	double fills;    /* a cache, MiB */
	double fill_tau; /* in shares of the time behind starts */
	int fill_form;   /* saturating, a line and full, logarithmic */
	size_t phases;   /* of load */
	double phase_at[8], phase_mib[8];
};

/* kind: has a leak; the parts it is made of. */
enum part {
	START = 1 << 0,
	LOADING = 1 << 1,
	IDLE = 1 << 2,
	ONE_LOW = 1 << 3,
	SOME_LOW = 1 << 4,
	DAYS = 1 << 5,
	OFFICE = 1 << 6,
	LIVES = 1 << 7,
	TEETH = 1 << 8,
	FILLS = 1 << 9,
	PHASES = 1 << 10,
	RESTARTS = 1 << 11, /* lives that start within a few samples */
	LEAKS = 1 << 12
};

static const int parts[RECORDING_KINDS] = {
    [RECORDING_START_FLAT] = START,
    [RECORDING_LOADING_FLAT] = LOADING,
    [RECORDING_FLAT_EXIT] = SOME_LOW,
    [RECORDING_FLAT_IDLE] = IDLE,
    [RECORDING_OFFICE] = OFFICE | START,
    [RECORDING_LIVES] = LIVES | START,
    [RECORDING_FILLS] = FILLS | START | SOME_LOW,
    [RECORDING_JVM] = FILLS | START | TEETH,
    [RECORDING_PHASES] = PHASES | START,
    [RECORDING_SERVICE] = START | TEETH | SOME_LOW,
    [RECORDING_LEAK_ONE_LOW] = LEAKS | ONE_LOW,
    [RECORDING_LEAK_EXIT] = LEAKS | SOME_LOW,
    [RECORDING_LEAK_START] = LEAKS | START,
    [RECORDING_LEAK_LOADING] = LEAKS | LOADING,
    [RECORDING_LEAK_IDLE] = LEAKS | IDLE,
    [RECORDING_LEAK_DAYS] = LEAKS | DAYS,
    [RECORDING_LEAK_OFFICE] = LEAKS | OFFICE | START,
    [RECORDING_LEAK_LIVES] = LEAKS | LIVES | START,
    [RECORDING_LEAK_SERVICE] = LEAKS | START | TEETH | SOME_LOW,
    [RECORDING_LEAK_RESTARTS] = LEAKS | RESTARTS,
};

static bool chance(struct world *w, double share)
{
	return world_uniform(w, 0, 1) < share;
}

static void init_start(struct edges *e, int has)
{
	struct world *w = &e->w;

	e->start_form = (int)world_whole(w, 0, 2);
	if (has & START) {
		e->starts = world_uniform(w, 0.005, has & LIVES ? 0.02 : 0.08);
		e->begins = w->base_mib * world_uniform(w, 0, 0.6);
		e->loads = w->base_mib - e->begins;
	} else if (has & LOADING) {
		e->starts = world_uniform(w, 0.25, 0.5);
		e->begins = w->base_mib * world_uniform(w, 0, 0.8);
		e->loads = w->base_mib * world_uniform(w, 0.5, 3);
	} else {
		e->begins = w->base_mib;
	}
}

static void init_days(struct edges *e, int has)
{
	struct world *w = &e->w;

	e->cycles = world_uniform(w, 3, 14);
	e->swing = w->base_mib * world_uniform(w, 0.1, 0.6);
	e->phase = world_uniform(w, 0, 1);
	e->office = has & OFFICE;
	/* Days take a while. */
	w->interval_s = e->cycles * 86400 / (double)w->samples;
}

static void init_ends(struct edges *e, int has)
{
	struct world *w = &e->w;

	e->idles = 1;
	if (has & IDLE) {
		e->idles = world_uniform(w, 0.7, 0.9);
		e->idle_form = (int)world_whole(w, 0, 2);
	}
	e->exits = has & ONE_LOW    ? 1
		   : has & SOME_LOW ? world_whole(w, 1, 8)
				    : 0;
	e->left = world_uniform(w, 0, 0.8);
}

static void init_lives(struct edges *e, int has)
{
	struct world *w = &e->w;
	double sum = 0, at = 0;

	e->lives = world_whole(w, has & RESTARTS ? 2 : 3, 12);
	if (w->samples < 120 * e->lives)
		w->samples = 120 * e->lives;
	for (size_t i = 0; i < e->lives; i++)
		sum += e->life_at[i] = world_uniform(w, 0.6, 1.4);
	for (size_t i = 0; i < e->lives; i++) {
		double share = e->life_at[i] / sum;

		e->life_at[i] = at;
		at += share;
	}
	e->life_at[e->lives] = 1;
	e->starts = world_uniform(w, 0.01, 0.15); /* of a life */
	if (!(has & RESTARTS))
		return;
	e->starts =
	    world_uniform(w, 0, 4) * (double)e->lives / (double)w->samples;
	e->begins = w->base_mib * world_uniform(w, 0, 0.8);
	e->loads = w->base_mib - e->begins;
}

static void init_phases(struct edges *e)
{
	struct world *w = &e->w;

	e->phases = world_whole(w, 2, 6);
	for (size_t i = 0; i < e->phases; i++) {
		e->phase_at[i] = ((double)i + world_uniform(w, 0.2, 0.8)) /
				 (double)e->phases;
		e->phase_mib[i] = w->base_mib * world_uniform(w, 0, 1.5);
	}
}

static void init_fills(struct edges *e, int has)
{
	struct world *w = &e->w;

	e->fills = w->base_mib * world_log_uniform(w, 0.05, 2);
	e->fill_form = has & TEETH ? 0 : (int)world_whole(w, 0, 2);
	e->fill_tau = e->fill_form == 0   ? world_uniform(w, 0.04, 0.3)
		      : e->fill_form == 1 ? world_uniform(w, 0.1, 0.75)
					  : world_log_uniform(w, 0.005, 0.1);
}

static void edges_init(struct edges *e, enum recording_kind kind, uint64_t seed)
{
	struct world *w = &e->w;
	int has = parts[kind];

	*e = (struct edges){0};
	world_init(w, seed * 977 + (uint64_t)kind * 31);
	if (chance(w, 0.3)) /* a program that rests where it does not work */
		w->noise_mib *= 0.02;
	init_start(e, has);
	init_ends(e, has);
	if (has & (DAYS | OFFICE))
		init_days(e, has);
	if (has & (LIVES | RESTARTS))
		init_lives(e, has);
	if (has & TEETH) {
		e->has_teeth = true;
		teeth_init(w, &e->teeth);
	}
	if (has & PHASES)
		init_phases(e);
	if (has & FILLS)
		init_fills(e, has);
	if (!(has & LEAKS))
		return;
	/* One after the other: arguments have no order. */
	e->leaks = w->noise_mib * world_uniform(w, 4, 12);
	e->leaks =
	    fmax(w->base_mib * world_log_uniform(w, 0.05, 1.5), e->leaks);
	if (has & TEETH)
		e->leaks =
		    fmax(e->leaks, e->teeth.height * world_uniform(w, 0.4, 2));
	if (has & (DAYS | OFFICE))
		e->leaks = fmax(e->leaks, e->swing * world_uniform(w, 0.5, 2));
	if (has & LOADING) /* loading is faster than the leak */
		e->leaks = fmin(e->leaks, e->loads * world_uniform(w, 0.3, 1));
}

static double start_level(const struct edges *e, double x)
{
	double done = e->starts > 0 ? fmin(1, x / e->starts) : 1;

	if (e->start_form == 1)
		done = (1 - exp(-4 * done)) / (1 - exp(-4));
	else if (e->start_form == 2)
		done = floor(done * 6) / 6;
	return e->begins + e->loads * done;
}

static double swing_level(const struct edges *e, double x)
{
	double day = x * e->cycles + e->phase, hour = 24 * (day - floor(day));

	if (!e->office)
		return e->swing * (1 + sin(2 * M_PI * day)) / 2;
	if ((int)floor(day) % 7 >= 5) /* the weekend */
		return 0;
	return e->swing * fmax(0, fmin(1, fmin(hour - 8, 18 - hour)));
}

static double phases_level(const struct edges *e, double x)
{
	double level = 0;

	for (size_t i = 0; i < e->phases; i++) {
		double since = (x - e->phase_at[i]) / 0.03;
		double before = i ? e->phase_mib[i - 1] : 0;

		if (since > 0)
			level = before +
				(e->phase_mib[i] - before) * fmin(1, since);
	}
	return level;
}

static double fill_level(const struct edges *e, double x)
{
	if (e->fills == 0)
		return 0;
	if (e->fill_form == 1)
		return e->fills * fmin(1, x / e->fill_tau);
	if (e->fill_form == 2)
		return e->fills * log1p(x / e->fill_tau) /
		       log1p(1 / e->fill_tau);
	return e->fills * (1 - exp(-x / e->fill_tau));
}

/* The share of its life that has passed at time x. */
static double life_share(const struct edges *e, double x)
{
	size_t life = 0;

	if (e->lives == 0)
		return x;
	while (life + 1 < e->lives && x >= e->life_at[life + 1])
		life++;
	return (x - e->life_at[life]) /
	       (e->life_at[life + 1] - e->life_at[life]);
}

static double level_at(struct edges *e, double x)
{
	double own = life_share(e, x);
	double worked = fmax(0, fmin(own, e->idles) - e->starts);
	double level = start_level(e, own) + phases_level(e, x);
	bool idle = x > e->idles;

	level += e->leaks * worked / (e->idles - e->starts);
	level += fill_level(e, worked);
	if (e->cycles > 0)
		level += swing_level(e, x);
	if (e->has_teeth && own > e->starts)
		level += teeth_next(&e->w, &e->teeth);
	if (idle && e->idle_form == 2)
		level -= 0.05 * e->w.base_mib;
	if (!idle || e->idle_form == 0)
		level += world_noise(&e->w) * fmin(1, level / e->w.base_mib);
	return level;
}

void edges_make(enum recording_kind kind, uint64_t seed, struct run *run,
    struct recording_facts *facts)
{
	struct edges e;
	double last = 0;

	edges_init(&e, kind, seed);
	for (size_t i = 0; i < e.w.samples; i++) {
		double x = (double)i / (double)e.w.samples;

		last = level_at(&e, x);
		world_add(&e.w, &run->total, i, last);
	}
	for (size_t i = 0; i < e.exits; i++) {
		double gone = (double)(i + 1) / (double)e.exits;

		world_add(&e.w, &run->total, e.w.samples + i,
		    last * (1 - gone * (1 - e.left)));
	}
	facts->leak_mib = e.leaks;
	facts->noise_mib = e.w.noise_mib;
	facts->mib_per_s =
	    e.leaks * (double)(e.lives ? e.lives : 1) /
	    ((e.idles - e.starts) * (double)e.w.samples * e.w.interval_s);
}
