// SPDX-License-Identifier: MIT
#include "profile/run.h"

#include <math.h>
#include <stdio.h>

#include "base/units.h"

/* Less than the last digit that is written. */
#define ROUNDING_MIB 1e-6

struct ending_span {
	double first, last;
};

static void run_span_widen(struct ending_span *span, double first, double last)
{
	span->first = fmin(span->first, first);
	span->last = fmax(span->last, last);
}

static void run_span_add(struct ending_span *span, const struct series *series)
{
	if (series->len > 0)
		run_span_widen(span, series->items[0].time_s,
		    series->items[series->len - 1].time_s);
}

static bool run_span_is_empty(const struct ending_span *span)
{
	return span->first > span->last;
}

/* The span of the samples; without any, of descendants' samples, calls, or
 * high-water marks of a run too short for a sample. */
static struct ending_span run_span_of_samples(const struct run *run)
{
	struct ending_span span = {INFINITY, -INFINITY};

	run_span_add(&span, &run->total);
	if (!run_span_is_empty(&span))
		return span;
	for (size_t i = 0; i < run->processes.len; i++)
		run_span_add(&span, &run->processes.items[i].memory);
	if (!run_span_is_empty(&span))
		return span;
	for (size_t i = 0; i < run->calls.len; i++)
		run_span_widen(&span, run->calls.items[i].enter_s,
		    run->calls.items[i].leave_s);
	if (run_span_is_empty(&span))
		run_span_add(&span, &run->peaks);
	return span;
}

/* A time that is far off is not believed. */
static void run_span_add_near(
    struct ending_span *span, const struct ending_span *limit, double time_s)
{
	if (time_s >= limit->first && time_s <= limit->last)
		run_span_widen(span, time_s, time_s);
}

static struct ending_span run_span_of(const struct run *run)
{
	struct ending_span span = run_span_of_samples(run);
	double far = 10 + 0.1 * (span.last - span.first) +
		     3 * fmax(run->info.interval_s, 0);
	const struct ending_span limit = {span.first - far, span.last + far};

	if (run_span_is_empty(&span))
		return (struct ending_span){0, 0};
	for (size_t i = 0; i < run->marks.len; i++)
		run_span_add_near(&span, &limit, run->marks.items[i].time_s);
	if (run->exit.recorded)
		run_span_add_near(&span, &limit, run->exit.time_s);
	if (run->exit.recorded && run->exit.until_s > run->exit.time_s)
		run_span_add_near(&span, &limit, run->exit.until_s);
	return span;
}

double run_first_s(const struct run *run)
{
	return run_span_of(run).first;
}

double run_last_s(const struct run *run)
{
	return run_span_of(run).last;
}

/* Whether the recorder of that version ends each run with an EXIT. */
static bool run_writes_exit(const char *version)
{
	unsigned major, minor;

	return version && sscanf(version, "%u.%u", &major, &minor) == 2 &&
	       (major > 0 || minor > 1);
}

static enum run_ending run_ending_judge(const struct run *run, bool locked)
{
	if (!run_writes_exit(run->info.version))
		return RUN_ENDING_UNKNOWN;
	if (run->exit.recorded)
		return RUN_ENDED;
	return locked ? RUN_GOING_ON : RUN_CUT_OFF;
}

void profile_judge_endings(struct profile *profile)
{
	for (size_t i = 0; i < profile->runs.len; i++) {
		struct run *run = &profile->runs.items[i];
		bool last = i + 1 == profile->runs.len;

		run->ending = run_ending_judge(run, profile->locked && last);
	}
}

const char *run_ending_text(const struct run *run, char *out)
{
	char after[UNITS_TEXT];

	if (run->ending == RUN_GOING_ON)
		return "still being recorded";
	if (run->ending != RUN_CUT_OFF)
		return NULL;
	snprintf(out, RUN_ENDING_TEXT, "breaks off after %s, no end recorded",
	    units_duration(after, run_last_s(run) - run_first_s(run)));
	return out;
}

const char *run_ending_word(enum run_ending ending)
{
	static const char *const words[] = {
	    [RUN_ENDING_UNKNOWN] = NULL,
	    [RUN_ENDED] = "ended",
	    [RUN_CUT_OFF] = "cut off",
	    [RUN_GOING_ON] = "going on",
	};

	return words[ending];
}

double run_peak_since_s(const struct run *run, const struct sample *peak)
{
	const struct peak_since *all = run->peak_sinces.items;
	size_t low = 0, high = run->peak_sinces.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (all[middle].peak.time_s < peak->time_s)
			low = middle + 1;
		else
			high = middle;
	}
	for (;
	     low < run->peak_sinces.len && all[low].peak.time_s == peak->time_s;
	     low++)
		if (all[low].peak.mib == peak->mib)
			return all[low].since_s;
	return peak->time_s;
}

/* The time to show for a high-water mark, which only tells that it was reached
 * since the mark was last read: that of the highest sample in between. */
static double run_peak_placed_s(
    const struct run *run, const struct sample *marked)
{
	struct series since = series_part(
	    &run->total, run_peak_since_s(run, marked), marked->time_s);
	const struct sample *highest = series_peak(&since);

	return highest ? highest->time_s : marked->time_s;
}

bool run_peak_above(
    const struct run *run, const struct sample *sampled, struct sample *peak)
{
	const struct sample *marked = series_peak(&run->peaks);

	if (marked && (!sampled || marked->mib > sampled->mib)) {
		*peak = (struct sample){
		    run_peak_placed_s(run, marked), marked->mib};
		return true;
	}
	if (sampled)
		*peak = *sampled;
	return sampled != NULL;
}

bool run_peak(const struct run *run, struct sample *peak)
{
	return run_peak_above(run, series_peak(&run->total), peak);
}

/* The kernel's high-water mark may be higher than every sample. */
bool process_peak(const struct process *process, double *mib)
{
	const struct sample *best = series_peak(&process->memory);

	if (!best && process->thinned_mib <= 0)
		return false;
	*mib = fmax(best ? best->mib : 0, process->thinned_mib);
	if (process->exit.recorded && process->exit.mib > *mib)
		*mib = process->exit.mib;
	return true;
}

/* Margin by which the kernel's counters may differ at one moment. */
static double run_peak_slack_mib(double mib)
{
	return 2 + mib / 128;
}

bool run_peak_is_sampled(const struct run *run)
{
	const struct sample *sampled = series_peak(&run->total);
	struct sample peak;

	return sampled && run_peak(run, &peak) &&
	       peak.mib <= sampled->mib + run_peak_slack_mib(sampled->mib);
}

/* A record that is hardly higher than the known peak, while all samples since
 * the last record were far lower, is the same peak: the kernel's counters
 * differ by that much. Version 0.1.0 wrote such records. */
static bool profile_peak_only_confirms(
    double mib, double highest, double sampled)
{
	double slack = run_peak_slack_mib(highest);

	return mib <= highest + slack && sampled < highest - slack;
}

/* The last PEAK of a run repeats its peak, whenever that was. */
void run_unsampled_peaks(const struct run *run, struct series *news)
{
	const struct series *total = &run->total;
	double highest = -INFINITY;
	size_t at = 0;

	*news = (struct series){0};
	for (size_t i = 0; i < run->peaks.len; i++) {
		const struct sample *peak = &run->peaks.items[i];
		double sampled = -INFINITY;

		for (;
		     at < total->len && total->items[at].time_s <= peak->time_s;
		     at++)
			sampled = fmax(sampled, total->items[at].mib);
		highest = fmax(highest, sampled);
		if (peak->mib > highest + ROUNDING_MIB &&
		    !(news->len > 0 && profile_peak_only_confirms(
					   peak->mib, highest, sampled)))
			series_add(news, peak->time_s, peak->mib);
		highest = fmax(highest, peak->mib);
	}
}
