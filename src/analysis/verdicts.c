// SPDX-License-Identifier: MIT
#include "analysis/verdicts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/leak.h"
#include "analysis/spread.h"
#include "base/utf8.h"
#include "profile/process.h"
#include "profile/run.h"

static struct verdict *verdicts_add(struct verdicts *verdicts, const char *name,
    const char *unit, const struct recording_set_run *run)
{
	struct verdict *verdict = array_push(&verdicts->items);

	*verdict = (struct verdict){.name = name, .unit = unit, .run = run};
	return verdict;
}

/* The figure is unknown: the condition is met as far as is known, and fails
 * with --strict. */
static void verdicts_doubt(
    struct verdict *verdict, const char *why, bool strict)
{
	strcpy(verdict->figure, "unknown");
	snprintf(verdict->note, sizeof(verdict->note), "%s", why);
	verdict->value = NAN;
	verdict->doubtful = true;
	verdict->met = !strict;
}

static void verdicts_judge_bound(
    struct verdict *verdict, double value, double bound)
{
	verdict->value = value;
	verdict->bound = bound;
	verdict->met = value <= bound;
	units_size(verdict->figure, value);
	units_limit(verdict->limit, bound);
}

static void verdicts_judge_peak(struct verdict *verdict,
    const struct recording_set_run *run, const struct conditions *conditions)
{
	verdicts_judge_bound(
	    verdict, run->figures.peak_mib, conditions->max_peak_mib);
}

static void verdicts_judge_mean(struct verdict *verdict,
    const struct recording_set_run *run, const struct conditions *conditions)
{
	verdicts_judge_bound(
	    verdict, run->figures.mean_mib, conditions->max_mean_mib);
	if (isnan(verdict->value))
		verdicts_doubt(verdict, "the program ended before a sample",
		    conditions->strict);
}

/* Only certain growth counts: a slope that may be noise passes. */
static void verdicts_judge_growth(struct verdict *verdict,
    const struct recording_set_run *run, const struct conditions *conditions)
{
	struct leak leak;
	double low;

	verdict->value = growth_of_run(run->run, &leak);
	verdict->bound = conditions->max_growth_mib_s;
	low = leak.judged ? fmin(leak.low, verdict->value) : verdict->value;
	verdict->met = low <= verdict->bound;
	units_rate(verdict->figure, verdict->value);
	units_rate(verdict->limit, verdict->bound);
	if (isnan(verdict->value)) {
		char *why = leak_why(&leak);

		verdicts_doubt(verdict, why, conditions->strict);
		free(why);
	} else if (verdict->met && verdict->value > verdict->bound) {
		snprintf(verdict->note, sizeof(verdict->note),
		    "not beyond the noise");
	}
}

/* An undecided verdict passes, with a note; with --strict it fails. */
static void verdicts_judge_leak(struct verdict *verdict,
    const struct recording_set_run *run, const struct conditions *conditions)
{
	struct leak_run leak;

	leak_judge_run(run->run, &leak);
	verdict->met = leak.worst.verdict != LEAK_LEAKING;
	strcpy(verdict->figure, "not leaking");
	if (!verdict->met) {
		verdict->value = leak.worst.mib_per_s;
		units_rate(verdict->figure, leak.worst.mib_per_s);
	} else if (leak.worst.verdict == LEAK_UNDECIDED) {
		char *why = leak_why(&leak.worst);

		strcpy(verdict->figure, "undecided");
		snprintf(verdict->note, sizeof(verdict->note), "%s", why);
		free(why);
		verdict->met = !conditions->strict;
		verdict->doubtful = true;
	}
	leak_run_finish(&leak);
}

/* A recording without the figure does not meet the condition. */
static void verdicts_judge_usage(struct verdict *verdict,
    const struct recording_set_run *run, double bound,
    int (*find)(const struct usage_series *usage,
	enum resource_figure_id figure, double *found),
    enum resource_figure_id figure)
{
	const struct usage_series *usage = run->run->usage;
	bool percent = figure == FIGURE_CPU;

	verdict->bound = bound;
	snprintf(verdict->limit, sizeof(verdict->limit), "%.10g%s", bound,
	    percent ? " %" : "");
	if (!usage || find(usage, figure, &verdict->value) != 0) {
		verdict->value = NAN;
		strcpy(verdict->figure, "unknown");
		if (usage && usage->figures[figure].len > 0)
			strcpy(verdict->note, "a single reading gives no mean");
		else
			snprintf(verdict->note, sizeof(verdict->note),
			    "not in the recording: mprof run --with %s "
			    "records it",
			    resource_figures[figure].key);
		return;
	}
	verdict->met = verdict->value <= bound;
	if (percent)
		units_percent(verdict->figure, verdict->value, 1);
	else
		snprintf(verdict->figure, sizeof(verdict->figure), "%.0f",
		    verdict->value);
}

static void verdicts_judge_cpu(struct verdict *verdict,
    const struct recording_set_run *run, const struct conditions *conditions)
{
	verdicts_judge_usage(
	    verdict, run, conditions->max_cpu_percent, usage_mean, FIGURE_CPU);
}

static void verdicts_judge_threads(struct verdict *verdict,
    const struct recording_set_run *run, const struct conditions *conditions)
{
	verdicts_judge_usage(
	    verdict, run, conditions->max_threads, usage_most, FIGURE_THREADS);
}

static void verdicts_judge_gpu(struct verdict *verdict,
    const struct recording_set_run *run, const struct conditions *conditions)
{
	verdicts_judge_usage(
	    verdict, run, conditions->max_gpu_mib, usage_most, FIGURE_GPU);
	units_limit(verdict->limit, verdict->bound);
	if (!isnan(verdict->value))
		units_size(verdict->figure, verdict->value);
}

/* Conditions for each run. A condition is set where its member of struct
 * conditions is true or above 0. */
static const struct run_condition {
	const char *name, *unit;
	size_t offset, size; /* of the member */
	void (*judge)(struct verdict *verdict,
	    const struct recording_set_run *run,
	    const struct conditions *conditions);
} run_conditions[] = {
#define MEMBER(member)                       \
	offsetof(struct conditions, member), \
	    sizeof(((struct conditions *)NULL)->member)
    {"max-peak", "mib", MEMBER(max_peak_mib), verdicts_judge_peak},
    {"max-mean", "mib", MEMBER(max_mean_mib), verdicts_judge_mean},
    {"max-growth", "mib_per_s", MEMBER(max_growth), verdicts_judge_growth},
    {"max-cpu-mean", "percent", MEMBER(max_cpu_percent), verdicts_judge_cpu},
    {"max-threads", "threads", MEMBER(max_threads), verdicts_judge_threads},
    {"max-gpu-peak", "mib", MEMBER(max_gpu_mib), verdicts_judge_gpu},
    {"no-leak", "mib_per_s", MEMBER(no_leak), verdicts_judge_leak},
#undef MEMBER
};

enum { RUN_CONDITIONS = sizeof(run_conditions) / sizeof(run_conditions[0]) };

static bool verdicts_run_condition_asked(
    const struct run_condition *condition, const struct conditions *conditions)
{
	const char *member = (const char *)conditions + condition->offset;
	bool flag;
	double bound;

	if (condition->size == sizeof(flag)) {
		memcpy(&flag, member, sizeof(flag));
		return flag;
	}
	memcpy(&bound, member, sizeof(bound));
	return bound > 0;
}

/* Readings of resources, from the last one before the phase to its end: a count
 * needs the one before. */
static struct usage_series verdicts_usage_part(
    const struct usage_series *usage, const struct phase *phase)
{
	struct usage_series part = {0};

	for (size_t i = 0; usage && i < FIGURES; i++) {
		const struct series *all = &usage->figures[i];
		size_t from = series_find(all, phase->from_s);

		part.figures[i] =
		    series_part(all, phase->from_s, phase->until_s);
		if (resource_figures[i].counts && from > 0) {
			part.figures[i].items = all->items + from - 1;
			part.figures[i].len++;
		}
	}
	return part;
}

static size_t verdicts_number_of(
    const struct recording_set_run *run, const struct phase *phase)
{
	size_t nth = 1;

	for (const struct phase *other = run->phases; other < phase; other++)
		nth += strcmp(other->name, phase->name) == 0;
	return nth;
}

/* A higher peak than the phase's own may have been in it. It is the last phase
 * that fails, since one of them had the peak. */
static void verdicts_doubt_peak(
    struct verdict *verdict, const struct phase *phase, bool strict)
{
	char size[UNITS_TEXT];

	if (!verdict->met || phase->perhaps_mib <= verdict->bound)
		return;
	verdict->doubtful = true;
	verdict->met = !strict && !phase->perhaps_is_last;
	snprintf(verdict->note, sizeof(verdict->note),
	    "a peak of %s was in this phase or %s",
	    units_size(size, phase->perhaps_mib),
	    phase->perhaps_is_last ? "before it" : "in another");
}

/* Judges the phase as if it were a run. */
static void verdicts_judge_phase(struct verdict *verdict,
    const struct run_condition *condition, const struct phase *phase,
    const struct conditions *conditions)
{
	const struct recording_set_run *whole = verdict->run;
	const struct run *run = whole->run;
	bool is_last = phase == &whole->phases[whole->phase_count - 1];
	struct usage_series usage = verdicts_usage_part(run->usage, phase);
	struct run part = run_part(run, phase->from_s,
	    is_last ? phase->until_s
		    : nextafter(phase->until_s, phase->from_s));
	struct recording_set_run judged = {
	    .profile = whole->profile, .run = &part, .figures = phase->figures};

	verdict->phase = phase->name;
	verdict->nth = verdicts_number_of(whole, phase);
	part.usage = run->usage ? &usage : NULL;
	condition->judge(verdict, &judged, conditions);
	if (condition->judge == verdicts_judge_peak)
		verdicts_doubt_peak(verdict, phase, conditions->strict);
	free(part.processes.items);
}

static void verdicts_judge_each(struct verdicts *verdicts,
    const struct run_condition *condition, const struct recording_set *set,
    const struct conditions *conditions)
{
	for (size_t i = 0; i < set->runs.len; i++) {
		const struct recording_set_run *run = &set->runs.items[i];

		for (size_t k = 0; conditions->phases && k < run->phase_count;
		     k++)
			verdicts_judge_phase(
			    verdicts_add(verdicts, condition->name,
				condition->unit, run),
			    condition, &run->phases[k], conditions);
		if (!conditions->phases || run->phase_count == 0)
			condition->judge(verdicts_add(verdicts, condition->name,
					     condition->unit, run),
			    run, conditions);
	}
}

/* A run without a recorded end may have had its peak after the last sample.
 * Returns whether it is such a run. */
static bool verdicts_judge_ending(
    struct verdicts *verdicts, const struct recording_set_run *run, bool strict)
{
	char text[RUN_ENDING_TEXT];
	const char *ending = run_ending_text(run->run, text);
	struct verdict *verdict;

	if (!ending)
		return false;
	verdict = verdicts_add(verdicts, "complete", "s", run);
	verdict->met = !strict;
	verdict->doubtful = true;
	verdict->bound = NAN;
	verdict->value = run_last_s(run->run) - run_first_s(run->run);
	strcpy(verdict->figure, run_ending_word(run->run->ending));
	snprintf(verdict->note, sizeof(verdict->note), "%s", ending);
	return true;
}

static void verdicts_judge_endings(
    struct verdicts *verdicts, const struct recording_set *set, bool strict)
{
	struct verdict *verdict;
	size_t open = 0;

	for (size_t i = 0; i < set->runs.len; i++)
		open += verdicts_judge_ending(
		    verdicts, &set->runs.items[i], strict);
	if (open > 0 || !strict)
		return;
	verdict = verdicts_add(verdicts, "complete", "s", NULL);
	verdict->met = true;
	verdict->value = verdict->bound = NAN;
	strcpy(verdict->figure, "no recording breaks off");
}

/* A single noisy pair is judged by its difference alone. With several runs the
 * excess must also be more than their spread explains. */
static void verdicts_judge_baseline(struct verdicts *verdicts,
    const struct recording_set *baseline, const struct recording_set *set,
    double tolerance)
{
	struct verdict *verdict =
	    verdicts_add(verdicts, "baseline", "mib", NULL);
	size_t peak = offsetof(struct figures, peak_mib);
	struct comparison plain, excess;
	char change[UNITS_TEXT];

	recording_set_compare(baseline, set, peak, 1, &plain);
	recording_set_compare(baseline, set, peak, 1 + tolerance, &excess);
	verdict->value = excess.b;
	verdict->bound = excess.a;
	verdict->met =
	    excess.difference <= 0 || (excess.spread && excess.low <= 0);
	units_size(verdict->figure, verdict->value);
	units_size(verdict->limit, verdict->bound);
	snprintf(verdict->note, sizeof(verdict->note),
	    "%s%s against the baseline%s", plain.relative > 0 ? "+" : "",
	    units_percent(change, 100 * plain.relative, 1),
	    !excess.spread           ? ""
	    : excess.difference <= 0 ? ", of several runs"
	    : verdict->met           ? ", within the spread of the runs"
				     : ", beyond the spread of the runs");
}

/* Names the lowest and the highest recording, or explains why there is no
 * figure. */
static void verdicts_note_spread(
    struct verdict *verdict, const struct spread *spread)
{
	size_t len = spread->members.len;
	char *low, *high;

	if (spread->measures[1]) {
		snprintf(verdict->note, sizeof(verdict->note),
		    "some record %s, some %s", spread->measures[0],
		    spread->measures[1]);
		return;
	}
	if (len < 2) {
		strcpy(verdict->note, "one recording has no spread");
		return;
	}
	low = utf8_clean_copy(spread->members.items[0].overview->name);
	high = utf8_clean_copy(spread->members.items[len - 1].overview->name);
	snprintf(verdict->note, sizeof(verdict->note),
	    "lowest %.100s, highest %.100s", low, high);
	free(low);
	free(high);
}

/* Compares the set with itself; a single recording has no spread, which is
 * doubtful. */
static void verdicts_judge_spread(struct verdicts *verdicts,
    const struct recording_set *set, const struct conditions *conditions)
{
	size_t len = set->runs.len;
	struct overview *overviews = mem_zero(len + 1, sizeof(overviews[0]));
	struct verdict *verdict =
	    verdicts_add(verdicts, "max-spread", "share", NULL);
	struct spread spread;

	for (size_t i = 0; i < len; i++)
		overview_init_run(&overviews[i], set->runs.items[i].run,
		    set->runs.items[i].profile->path);
	spread_init(&spread, overviews, len);
	verdict->value = spread_share(&spread);
	verdict->bound = conditions->max_spread;
	verdict->doubtful = spread.members.len < 2;
	verdict->met = verdict->value <= verdict->bound &&
		       !(verdict->doubtful && conditions->strict);
	if (isnan(verdict->value))
		strcpy(verdict->figure, "unknown");
	else
		units_percent(verdict->figure, 100 * verdict->value, 1);
	snprintf(verdict->limit, sizeof(verdict->limit), "%g %%",
	    100 * verdict->bound);
	verdicts_note_spread(verdict, &spread);
	spread_finish(&spread);
	for (size_t i = 0; i < len; i++)
		overview_finish(&overviews[i]);
	free(overviews);
}

void verdicts_judge(struct verdicts *verdicts,
    const struct conditions *conditions, const struct recording_set *set,
    const struct recording_set *baseline)
{
	verdicts->several = set->runs.len > 1;
	for (size_t i = 0; i < RUN_CONDITIONS; i++) {
		if (verdicts_run_condition_asked(
			&run_conditions[i], conditions))
			verdicts_judge_each(
			    verdicts, &run_conditions[i], set, conditions);
	}
	if (conditions->max_spread > 0)
		verdicts_judge_spread(verdicts, set, conditions);
	verdicts_judge_endings(verdicts, set, conditions->strict);
	if (baseline)
		verdicts_judge_baseline(
		    verdicts, baseline, set, conditions->tolerance);
}

bool verdicts_met(const struct verdicts *verdicts)
{
	bool met = true;

	for (size_t i = 0; i < verdicts->items.len; i++)
		met = met && verdicts->items.items[i].met;
	return met;
}
