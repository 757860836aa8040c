// SPDX-License-Identifier: MIT
#include "analysis/phases.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/judge.h"
#include "analysis/leak.h"
#include "analysis/robust.h"
#include "analysis/trend.h"
#include "base/mem.h"

/* The series is reduced to medians of this many equal spans, and a piece has at
 * least PHASES_LEAST of them: a spike is no phase. */
enum { PHASES_BINS = TREND_POINTS, PHASES_LEAST = 10 };

/* Factor of Schwarz's penalty for a piece (its line and its start). */
#define PENALTY 10.0

/* Pieces are joined where neither the jump between them nor the change in
 * slope, over the shorter one, is this part of the range. */
#define MATERIAL 0.07

struct phases_points {
	double x[PHASES_BINS], y[PHASES_BINS]; /* seconds from the start, MiB */
	size_t count;
	struct trend_sums sums;
	double range, noise;
};

static double phases_median_of(
    const struct series *total, size_t from, size_t end, double *values)
{
	for (size_t i = from; i < end; i++)
		values[i - from] = total->items[i].mib;
	return robust_median(values, end - from);
}

static void phases_find_points(
    struct phases_points *p, const struct series *total)
{
	double first_s = total->items[0].time_s;
	double span_s = total->items[total->len - 1].time_s - first_s;
	double *values = mem_zero(total->len, sizeof(values[0]));
	size_t end = 0;

	p->count = 0;
	for (size_t bin = 0; bin < PHASES_BINS; bin++) {
		double until_s =
		    first_s + span_s * (double)(bin + 1) / PHASES_BINS;
		size_t from = end;

		while (
		    end < total->len && (total->items[end].time_s < until_s ||
					    bin == PHASES_BINS - 1))
			end++;
		if (end == from)
			continue;
		p->x[p->count] =
		    (total->items[from].time_s + total->items[end - 1].time_s) /
			2 -
		    first_s;
		p->y[p->count++] = phases_median_of(total, from, end, values);
	}
	free(values);
}

/* Estimates noise by how far a point is off the line through its neighbours. */
static void phases_measure(struct phases_points *p)
{
	double bends[PHASES_BINS], low = p->y[0], high = p->y[0];
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++) {
		low = fmin(low, p->y[i]);
		high = fmax(high, p->y[i]);
		if (i > 0 && i + 1 < p->count)
			bends[count++] =
			    p->y[i - 1] - 2 * p->y[i] + p->y[i + 1];
	}
	trend_add_up(&p->sums, p->x, p->y, p->count);
	p->range = high - low;
	p->noise = robust_deviation(bends, count) / sqrt(6);
	p->noise = fmax(p->noise, judge_least_noise(&high, 1));
	p->noise = fmax(p->noise, 0.004 * p->range);
}

/* Finds the start of each piece of the best partition; returns their number. */
static size_t phases_partition(
    const struct phases_points *p, size_t starts[PHASES_BINS])
{
	double best[PHASES_BINS + 1];
	size_t from[PHASES_BINS + 1], count = 0;
	double penalty =
	    PENALTY * 3 * log((double)p->count) * p->noise * p->noise;

	best[0] = -penalty;
	for (size_t end = 1; end <= p->count; end++) {
		best[end] = INFINITY;
		from[end] = 0;
		for (size_t at = 0; at + PHASES_LEAST <= end; at++) {
			double cost = best[at] +
				      trend_line(&p->sums, at, end).residue +
				      penalty;

			if (cost < best[end]) {
				best[end] = cost;
				from[end] = at;
			}
		}
	}
	for (size_t end = p->count; end > 0; end = from[end])
		starts[count++] = from[end];
	for (size_t i = 0; i < count / 2; i++) {
		size_t swap = starts[i];

		starts[i] = starts[count - 1 - i];
		starts[count - 1 - i] = swap;
	}
	return count;
}

/* The difference between the pieces before and after that start, as a part of
 * the whole range. */
static double phases_difference(
    const struct phases_points *p, size_t from, size_t at, size_t end)
{
	struct trend_line before = trend_line(&p->sums, from, at);
	struct trend_line behind = trend_line(&p->sums, at, end);
	double x = (p->x[at - 1] + p->x[at]) / 2;
	double jump =
	    fabs(before.a + before.slope * x - behind.a - behind.slope * x);
	double shorter =
	    fmin(p->x[at - 1] - p->x[from], p->x[end - 1] - p->x[at]);
	double bend = fabs(behind.slope - before.slope) * shorter;

	return fmax(jump, bend) / p->range;
}

static size_t phases_join(
    const struct phases_points *p, size_t *starts, size_t count)
{
	for (;;) {
		double least = MATERIAL;
		size_t weakest = 0;

		for (size_t i = 1; i < count; i++) {
			double difference =
			    phases_difference(p, starts[i - 1], starts[i],
				i + 1 < count ? starts[i + 1] : p->count);

			if (difference < least) {
				least = difference;
				weakest = i;
			}
		}
		if (weakest == 0)
			return count;
		count--;
		for (size_t i = weakest; i < count; i++)
			starts[i] = starts[i + 1];
	}
}

/* The sample near that start that separates the two lines best. */
static double phases_place(const struct phases_points *p,
    const struct series *total, const struct trend_line *before,
    const struct trend_line *behind, size_t at)
{
	double first_s = total->items[0].time_s;
	double step_s =
	    (total->items[total->len - 1].time_s - first_s) / PHASES_BINS;
	size_t from = series_find(total, first_s + p->x[at - 1] - 2 * step_s);
	size_t end = series_find(total, first_s + p->x[at] + 2 * step_s);
	double sum = 0, least = 0, best_s = first_s + p->x[at];
	bool any = false;

	for (size_t i = from; i < end; i++) {
		double x = total->items[i].time_s - first_s;
		double y = total->items[i].mib;
		double to_before = y - before->a - before->slope * x;
		double to_behind = y - behind->a - behind->slope * x;

		if (!any || sum < least) {
			least = sum;
			best_s = total->items[i].time_s;
			any = true;
		}
		sum += to_before * to_before - to_behind * to_behind;
	}
	return best_s;
}

/* A slope that deviations from the line explain is none: its standard error
 * over the piece is theirs times sqrt(12 / n). */
static enum phase_kind phases_kind(const struct phases_points *p,
    const struct found_phase *phase, double residue, size_t points)
{
	double change = phase->to_mib - phase->from_mib;
	double n = (double)points;
	double spread = points > 2 ? sqrt(residue / (n - 2)) : p->range;

	spread = fmax(spread, p->noise);
	if (fabs(change) < MATERIAL * p->range ||
	    fabs(change) < 4 * spread * sqrt(12 / n))
		return PHASE_STEADY;
	return change > 0 ? PHASE_GROWTH : PHASE_DECLINE;
}

/* Growth is a leak where mprof leak finds one in the total, in the stretch that
 * it judged. */
static void phases_name_leak(
    const struct run *run, struct found_phase *phases, size_t count)
{
	struct leak leak;

	leak_judge(&run->total, run->exit.recorded, &leak);
	for (size_t i = 0; i < count && leak.verdict == LEAK_LEAKING; i++) {
		struct found_phase *phase = &phases[i];
		double shared_s = fmin(phase->until_s, leak.until_s) -
				  fmax(phase->from_s, leak.since_s);

		if (phase->kind == PHASE_GROWTH &&
		    shared_s > 0.5 * (phase->until_s - phase->from_s))
			phase->kind = PHASE_LEAK;
	}
}

/* The straight line through a curve may end where no sample is. */
static void phases_bound(const struct series *total, struct found_phase *phase)
{
	struct series part = series_part(total, phase->from_s, phase->until_s);
	double lowest = INFINITY, highest = -INFINITY;

	for (size_t i = 0; i < part.len; i++) {
		lowest = fmin(lowest, part.items[i].mib);
		highest = fmax(highest, part.items[i].mib);
	}
	phase->from_mib = fmin(fmax(phase->from_mib, lowest), highest);
	phase->to_mib = fmin(fmax(phase->to_mib, lowest), highest);
}

static void phases_fill(const struct phases_points *p, const struct run *run,
    const size_t *starts, size_t count, struct found_phase *phases)
{
	const struct series *total = &run->total;
	double first_s = total->items[0].time_s;
	struct trend_line before = {0};

	for (size_t i = 0; i < count; i++) {
		size_t end = i + 1 < count ? starts[i + 1] : p->count;
		struct trend_line line = trend_line(&p->sums, starts[i], end);

		phases[i].mib_per_s = line.slope;
		phases[i].from_s =
		    i == 0 ? first_s
			   : phases_place(p, total, &before, &line, starts[i]);
		phases[i].from_mib =
		    fmax(0, line.a + line.slope * (phases[i].from_s - first_s));
		phases[i].until_s = total->items[total->len - 1].time_s;
		if (i > 0)
			phases[i - 1].until_s = phases[i].from_s;
		before = line;
	}
	for (size_t i = 0; i < count; i++) {
		size_t end = i + 1 < count ? starts[i + 1] : p->count;

		phases[i].to_mib =
		    fmax(0, phases[i].from_mib +
				phases[i].mib_per_s *
				    (phases[i].until_s - phases[i].from_s));
		phases[i].kind = phases_kind(p, &phases[i],
		    trend_line(&p->sums, starts[i], end).residue,
		    end - starts[i]);
	}
	phases_name_leak(run, phases, count);
	if (count > 1 && phases[0].kind == PHASE_GROWTH &&
	    phases[0].mib_per_s > 2 * fabs(phases[1].mib_per_s) &&
	    phases[0].until_s - phases[0].from_s <
		0.5 * (phases[count - 1].until_s - first_s))
		phases[0].kind = PHASE_START;
	for (size_t i = 0; i < count; i++)
		phases_bound(total, &phases[i]);
}

/* With too few samples for two pieces there is one phase. */
size_t phases_find(const struct run *run, struct found_phase **phases)
{
	size_t starts[PHASES_BINS] = {0}, count = 1;
	struct phases_points *p;

	*phases = NULL;
	if (run->total.len == 0)
		return 0;
	p = mem_zero(1, sizeof(*p));
	phases_find_points(p, &run->total);
	phases_measure(p);
	if (p->count >= 2 * (size_t)PHASES_LEAST)
		count = phases_join(p, starts, phases_partition(p, starts));
	*phases = mem_zero(count, sizeof(**phases));
	phases_fill(p, run, starts, count, *phases);
	free(p);
	return count;
}

const char *phase_kind_name(enum phase_kind kind)
{
	static const char *const names[] = {
	    [PHASE_START] = "start-up",
	    [PHASE_STEADY] = "steady",
	    [PHASE_GROWTH] = "growth",
	    [PHASE_DECLINE] = "decline",
	    [PHASE_LEAK] = "leak",
	};

	return names[kind];
}
