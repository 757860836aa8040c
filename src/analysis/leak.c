// SPDX-License-Identifier: MIT
#include "analysis/leak.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/evidence.h"
#include "analysis/judge.h"
#include "analysis/robust.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "profile/process.h"
#include "profile/run.h"

/* Share of the growth: it did not only grow. */
static const double falls_back = 0.1;
/* Share of the level that a steady verdict must detect. */
static const double sees_enough = 0.25;
/* Less says nothing of a program that allocates a few times a second. */
static const double least_steady_s = 1;
static const double half = 0.5; /* share of what would have been detected */
enum { HALF = 16 };             /* blocks in a half */
static const double flat = 0.6; /* share of the slope before */
static const double least_work_s = 10; /* longer than a start */
static const double brief_start = 0.12, brief_rest = 0.17;
static const double swings = 0.1; /* share of the range, for periodic changes */
/* Share of the steps before: no work goes on. */
static const double quiet = 0.3;
static const double most_lives = 0.6;

/* The start and the rest of a life, and the stretch in between. */
struct edges {
	bool starts, rests;
	double start, rest; /* their lengths, as shares of the life */
	double from_s, to_s;
	bool bends; /* clearly at an angle, not in a curve */
};

static void leak_edges_find(
    const struct envelope *envelope, struct edges *out, double *quiet_mib_per_s)
{
	double x[FIT_MAX], y[FIT_MAX];
	struct fit_points p = {x, y, envelope_blocks(envelope, FIT_MAX, x, y)};
	double noise = judge_least_noise(y, p.count);
	struct fit saturating, slowing;
	struct pieces pieces;

	*quiet_mib_per_s = INFINITY;
	*out = (struct edges){.from_s = -INFINITY, .to_s = INFINITY};
	if (p.count < 16)
		return;
	pieces_find(&p, noise, true, &pieces);
	out->starts = pieces_start(&pieces, &p, noise);
	if (!out->starts)
		pieces_find(&p, noise, false, &pieces);
	out->rests = pieces_rest(&pieces, &p);
	if (out->starts) {
		out->start = x[pieces.middle.from] + 0.5 / FIT_MAX;
		out->from_s = envelope->first_s + out->start * envelope->span_s;
	}
	if (out->rests) {
		out->rest = 1 - x[pieces.middle.end - 1];
		out->to_s =
		    envelope->first_s + (1 - out->rest) * envelope->span_s;
	}
	*quiet_mib_per_s = pieces_quietest(&p, noise) / envelope->span_s;
	fit_saturating(&p, noise, 0.02, 0.6, &saturating);
	fit_slowing(&p, noise, 0.003, 0.2, &slowing);
	out->bends = pieces.bic + 6 < fmin(saturating.bic, slowing.bic);
}

static const struct leak leak_unjudged = {.verdict = LEAK_UNDECIDED,
    .reason = LEAK_FEW,
    .mib_per_s = NAN,
    .low = NAN,
    .high = NAN};

static void leak_judge_stretch(const struct series *part, struct leak *out)
{
	struct envelope envelope;

	*out = leak_unjudged;
	if (part->len < JUDGE_FEWEST)
		return;
	envelope_init(&envelope, part);
	if (envelope.span_s <= 0)
		return;
	out->judged = true;
	judge_envelope(&envelope, out);
}

static double leak_step_of(const struct series *part)
{
	double sum = 0;

	for (size_t i = 1; i < part->len; i++)
		sum += fabs(part->items[i].mib - part->items[i - 1].mib);
	return part->len > 1 ? sum / (double)(part->len - 1) : 0;
}

/* Whether the program did less in its rest than before; one with a full cache
 * goes on working. */
static bool leak_rests_quietly(
    const struct series *life, const struct series *part, double to_s)
{
	struct series rest = series_part(life, to_s, INFINITY);
	double growth =
	    fabs(part->items[part->len - 1].mib - part->items[0].mib) /
	    (double)part->len;
	double before = leak_step_of(part) - growth;

	return before > growth && leak_step_of(&rest) < quiet * before;
}

/* The slope from from_s to to_s, and its standard error. */
static double leak_slope_between(
    const struct series *part, double from_s, double to_s, double *error)
{
	struct series within = series_part(part, from_s, to_s);
	double x[ROBUST_MAX], y[ROBUST_MAX];
	struct robust_trend trend;
	struct envelope envelope;
	size_t count;

	*error = INFINITY;
	if (within.len < JUDGE_FEWEST)
		return 0;
	envelope_init(&envelope, &within);
	if (envelope.span_s <= 0)
		return 0;
	count = envelope_blocks(&envelope, HALF, x, y);
	robust_theil_sen(x, y, count, &trend);
	*error = robust_slope_error(&trend) / envelope.span_s;
	return trend.slope / envelope.span_s;
}

/* Growth in the second half of a stretch: slower than in the first, as when
 * something fills up, or about as fast. */
enum pace { PACE_UNKNOWN, PACE_FLATTENS, PACE_KEPT };

static enum pace leak_pace_of(
    const struct series *part, const struct leak *found)
{
	double middle_s = (found->since_s + found->until_s) / 2, errors[2];
	double slope =
	    leak_slope_between(part, found->since_s, middle_s, &errors[0]);
	double late =
	    leak_slope_between(part, middle_s, found->until_s, &errors[1]);

	if (late < flat * slope &&
	    slope - late > 3 * hypot(errors[0], errors[1]))
		return PACE_FLATTENS;
	return late > flat * slope && late > 3 * errors[1] ? PACE_KEPT
							   : PACE_UNKNOWN;
}

static void leak_call_bent(struct leak *leak)
{
	leak->verdict = LEAK_UNDECIDED;
	leak->reason = LEAK_BENDS;
	leak->need_s = leak->until_s - leak->since_s;
}

/* A leak that slows down after its warm-up becomes undecided, and so does
 * growth that was judged to slow down but keeps its pace. */
static void leak_weigh_pace(const struct series *life, struct leak *out)
{
	bool warms = out->since_s > life->items[0].time_s;

	if ((out->verdict == LEAK_LEAKING && warms &&
		leak_pace_of(life, out) == PACE_FLATTENS) ||
	    (out->verdict == LEAK_GROWING &&
		leak_pace_of(life, out) == PACE_KEPT))
		leak_call_bent(out);
}

/* A long start before a leaking stretch, or a long rest after it, puts the leak
 * in doubt. */
static void leak_edges_weigh(const struct edges *edges,
    const struct series *life, const struct series *part, struct leak *found)
{
	if (edges->starts && edges->start > brief_start && !edges->bends) {
		leak_call_bent(found);
	} else if (edges->rests && edges->rest > brief_rest &&
		   !leak_rests_quietly(life, part, edges->to_s)) {
		found->verdict = LEAK_UNDECIDED;
		found->reason = LEAK_RESTED;
		found->need_s = found->until_s - found->since_s;
	}
}

/* Judges the life without its start and rest. Returns whether that is
 * decisive. */
static bool leak_judge_within(
    const struct series *life, const struct edges *edges, struct leak *out)
{
	struct series part = series_part(life, edges->from_s, edges->to_s);
	struct leak found;

	if (!edges->starts && !edges->rests)
		return false;
	leak_judge_stretch(&part, &found);
	if (found.verdict == LEAK_LEAKING) {
		leak_edges_weigh(edges, life, &part, &found);
		*out = found;
		return true;
	}
	if (!edges->starts)
		return false;
	if (edges->rests) {
		part = series_part(life, edges->from_s, INFINITY);
		leak_judge_stretch(&part, &found);
	}
	if (found.verdict == LEAK_LEAKING)
		leak_call_bent(&found);
	if (found.judged && out->verdict != LEAK_GROWING)
		*out = found;
	return false;
}

/* Compares the nights where memory has a daily cycle. */
static void leak_judge_cycles(
    const struct envelope *envelope, double length, struct leak *out)
{
	struct leak found = {.judged = true};
	double x[FIT_MAX], y[FIT_MAX];
	size_t rounds, valleys;

	/* A staircase is periodic too, but never comes down. */
	valleys = envelope_valleys(envelope, swings, FIT_MAX, x, y);
	rounds = cycle_floors(envelope, length, FIT_MAX / 2, x, y);
	if (rounds < 3 || (valleys > 0 && 2 * valleys < rounds) ||
	    (valleys == 0 && rounds < 8))
		return;
	judge_floors(envelope, x, y, rounds, &found);
	found.cycle_s = length * envelope->span_s;
	if (found.verdict != LEAK_STEADY)
		*out = found;
	else
		out->visible_mib_per_s =
		    fmin(out->visible_mib_per_s, found.visible_mib_per_s);
}

/* A slope beyond chance that is nearly a leak's is called steady only where
 * some part of the recording shows that growth did not last. */
static void leak_weigh_slope(double quiet_mib_per_s, struct leak *out)
{
	bool slopes =
	    out->low > 0 && out->mib_per_s > half * out->visible_mib_per_s;

	if (slopes && out->mib_per_s < quiet_mib_per_s) {
		out->verdict = LEAK_UNDECIDED;
		out->reason = LEAK_NOISE;
		out->need_s = out->until_s - out->since_s;
		return;
	}
	out->visible_mib_per_s = fmin(out->visible_mib_per_s, quiet_mib_per_s);
}

static void leak_judge_life(const struct series *life, struct leak *out);

static bool leak_stands_still(const struct series *part)
{
	const struct sample *peak = series_peak(part);
	double low = INFINITY;

	for (size_t i = 0; i < part->len; i++)
		low = fmin(low, part->items[i].mib);
	return peak && peak->mib - low <= 4 * judge_least_noise(&peak->mib, 1);
}

/* An idle program can't leak: where memory grew and then did not change by a
 * page, the time before decides. */
static void leak_judge_standstill(
    const struct series *life, double from_s, struct leak *out)
{
	struct series before = series_part(life, -INFINITY, from_s);
	struct series rest = series_part(life, from_s, INFINITY);
	double span = life->items[life->len - 1].time_s - life->items[0].time_s;
	double worked = from_s - life->items[0].time_s;
	struct leak found;

	if (before.len < JUDGE_FEWEST || worked < least_work_s ||
	    worked < brief_start * span || !leak_stands_still(&rest))
		return;
	leak_judge_life(&before, &found);
	if (found.verdict == LEAK_STEADY)
		return;
	if (found.verdict != LEAK_GROWING) {
		found.verdict = LEAK_UNDECIDED;
		found.reason = LEAK_RESTED;
		found.need_s = found.until_s - found.since_s;
	}
	*out = found;
}

/* Judges the whole, then its parts. */
static void leak_judge_parts(const struct series *life, struct leak *out)
{
	struct envelope envelope;
	struct edges edges;
	double length, quiet_mib_per_s;

	leak_judge_stretch(life, out);
	if (!out->judged || out->verdict == LEAK_LEAKING)
		return;
	envelope_init(&envelope, life);
	leak_edges_find(&envelope, &edges, &quiet_mib_per_s);
	length = cycle_find(&envelope);
	/* The rise to a daily peak is no start. */
	if (length > 0 && edges.start > brief_start)
		edges = (struct edges){.from_s = -INFINITY, .to_s = INFINITY};
	if (leak_judge_within(life, &edges, out))
		return;
	if (length > 0 &&
	    (out->verdict == LEAK_STEADY || out->reason == LEAK_NOISE)) {
		struct series part = series_part(life, edges.from_s, INFINITY);

		envelope_init(&envelope, &part);
		leak_judge_cycles(&envelope, cycle_find(&envelope), out);
	}
	if (out->verdict == LEAK_STEADY || out->verdict == LEAK_GROWING)
		leak_judge_standstill(
		    life, fmax(edges.from_s, out->since_s), out);
	if (out->verdict == LEAK_STEADY)
		leak_weigh_slope(quiet_mib_per_s, out);
}

/* Judges one life without its end. */
static void leak_judge_life(const struct series *life, struct leak *out)
{
	leak_judge_parts(life, out);
	if (out->judged && out->lives == 0 && out->cycle_s == 0)
		leak_weigh_pace(life, out);
}

/* The verdicts on the lives of a program that is restarted repeatedly. */
struct lives {
	struct leak items[EVIDENCE_LIVES];
	bool slow[EVIDENCE_LIVES]; /* it never rises as it falls between them */
	size_t len, verdicts[4], start_up;
};

static void leak_lives_judge(const struct series *series, const size_t *starts,
    size_t count, struct lives *out)
{
	double fall = evidence_fall(series, starts, count);

	*out = (struct lives){0};
	for (size_t i = 0; i < count; i++) {
		struct series life = {.items = series->items + starts[i],
		    .len = starts[i + 1] - starts[i]};
		struct leak *leak = &out->items[out->len];

		out->start_up += evidence_starts_up(&life);
		out->slow[out->len] = evidence_rises_slowly(&life, fall);
		life.len = evidence_end(&life, true);
		leak_judge_life(&life, leak);
		if (!leak->judged)
			continue;
		out->verdicts[leak->verdict]++;
		out->len++;
	}
}

static int leak_compare_slopes(const void *a, const void *b)
{
	double x = ((const struct leak *)a)->mib_per_s;
	double y = ((const struct leak *)b)->mib_per_s;

	return (x > y) - (x < y);
}

/* Picks the life with the median slope among those with that verdict, to
 * represent all. */
static void leak_median_life(
    struct lives *lives, enum leak_verdict verdict, struct leak *out)
{
	struct leak same[EVIDENCE_LIVES] = {{.judged = false}};
	size_t count = 0;

	for (size_t i = 0; i < lives->len; i++) {
		if (lives->items[i].verdict == verdict)
			same[count++] = lives->items[i];
	}
	qsort(same, count, sizeof(same[0]), leak_compare_slopes);
	*out = same[count / 2];
	out->lives = lives->len;
}

/* Counts the lives that leak, or grew faster than the slope that would have
 * shown; slowly: without those that jumped. */
static size_t leak_count_growing_lives(
    const struct lives *lives, double visible_mib_per_s, bool slowly)
{
	size_t grow = 0;

	for (size_t i = 0; i < lives->len; i++) {
		const struct leak *life = &lives->items[i];

		grow += life->verdict == LEAK_LEAKING ||
			(life->low > 0 && life->mib_per_s > visible_mib_per_s &&
			    (lives->slow[i] || !slowly));
	}
	return grow;
}

/* Memory that repeatedly falls to its lowest shows restarts, whose lives are
 * judged, or a garbage collector. */
static void leak_judge_lives(const struct series *series, struct leak *out)
{
	size_t starts[EVIDENCE_LIVES + 1];
	size_t count = evidence_lives(series, starts);
	struct lives lives;
	double most;

	if (count == 0 || out->verdict == LEAK_LEAKING)
		return;
	leak_lives_judge(series, starts, count, &lives);
	most = most_lives * (double)lives.len;
	if (lives.len < 2)
		return;
	if ((double)lives.start_up < most_lives * (double)count) {
		size_t grow = leak_count_growing_lives(
		    &lives, out->visible_mib_per_s, false);

		if ((double)grow > most && count <= 12 &&
		    out->verdict == LEAK_STEADY) {
			out->verdict = LEAK_UNDECIDED;
			out->reason = LEAK_FALLS;
		}
	} else if ((double)lives.verdicts[LEAK_LEAKING] >= most) {
		leak_median_life(&lives, LEAK_LEAKING, out);
	} else if ((double)lives.verdicts[LEAK_STEADY] >= most) {
		leak_median_life(&lives, LEAK_STEADY, out);
	} else {
		out->verdict = LEAK_UNDECIDED;
		out->reason = LEAK_FALLS;
	}
}

/* Few stretches that each end with a fall, where half of them leak or two
 * thirds grow, are restarts that left no other trace, or show memory that was
 * given back. */
static void leak_judge_falls(const struct series *series, struct leak *out)
{
	size_t starts[EVIDENCE_LIVES + 1], count, grow;
	struct lives lives;

	if (out->verdict != LEAK_STEADY && out->verdict != LEAK_GROWING)
		return;
	count = evidence_falls(series, starts);
	leak_lives_judge(series, starts, count, &lives);
	if (lives.len < 2)
		return;
	grow = leak_count_growing_lives(&lives, out->visible_mib_per_s, true);
	if (2 * lives.verdicts[LEAK_LEAKING] < lives.len &&
	    3 * grow < 2 * lives.len)
		return;
	out->verdict = LEAK_UNDECIDED;
	out->reason = LEAK_FALLS;
}

/* Whether memory rose through the whole stretch and hardly ever fell. */
static bool leak_only_grew(const struct series *series, const struct leak *leak)
{
	struct series part = series_part(series, leak->since_s, leak->until_s);
	double top = -INFINITY, fall = 0, growth;

	if (part.len == 0)
		return false;
	growth = part.items[part.len - 1].mib - part.items[0].mib;
	for (size_t i = 0; i < part.len; i++) {
		top = fmax(top, part.items[i].mib);
		fall = fmax(fall, top - part.items[i].mib);
	}
	return fall < falls_back * growth;
}

/* A run is steady only where a leak would have been detected, also one that
 * grows in steps. */
static void leak_doubt_steady(struct leak *leak)
{
	double span = leak->until_s - leak->since_s;
	double grows = leak->visible_mib_per_s * span;
	double enough = sees_enough * leak->level_mib;

	if (span < least_steady_s) {
		leak->verdict = LEAK_UNDECIDED;
		leak->reason = LEAK_SHORT;
		return;
	}
	if (grows <= enough)
		return;
	leak->verdict = LEAK_UNDECIDED;
	leak->reason = isfinite(grows) ? LEAK_COARSE : LEAK_FEW;
	if (isfinite(grows))
		leak->need_s =
		    span * fmin(9, pow(grows / enough, 2.0 / 3) - 0.9);
	else
		leak->need_s = span;
}

double leak_shows_mib_per_s(const struct leak *leak)
{
	return 2 * leak->visible_mib_per_s;
}

static void analysis_leak_finish(const struct series *series, struct leak *out)
{
	const struct sample *peak = series_peak(series);
	double whole = out->last_s - out->first_s;

	if (out->verdict == LEAK_LEAKING && whole < LEAK_LEAST_S &&
	    leak_only_grew(series, out)) {
		out->verdict = LEAK_UNDECIDED;
		out->reason = LEAK_LOADS;
		out->need_s = LEAK_LEAST_S - whole;
	}
	if (out->verdict == LEAK_STEADY)
		leak_doubt_steady(out);
	if (out->verdict == LEAK_LEAKING || out->verdict == LEAK_GROWING)
		out->visible_mib_per_s = 0;
	if (out->verdict == LEAK_UNDECIDED && whole < LEAK_LEAST_S)
		out->need_s = fmax(out->need_s, LEAK_LEAST_S - whole);
	out->level_mib = fmin(out->level_mib, peak->mib);
}

static double leak_time_for_enough(const struct series *series)
{
	double span =
	    series->items[series->len - 1].time_s - series->items[0].time_s;

	return span > 0 ? span * JUDGE_FEWEST / (double)series->len : 10;
}

void leak_judge(const struct series *series, bool ended, struct leak *out)
{
	struct series life = *series;
	double first, last;

	*out = leak_unjudged;
	out->need_s = 10;
	if (series->len == 0)
		return;
	first = series->items[0].time_s;
	last = series->items[series->len - 1].time_s;
	life.len = evidence_end(series, ended);
	leak_judge_life(&life, out);
	if (out->judged) {
		leak_judge_lives(series, out);
		leak_judge_falls(series, out);
	} else {
		out->need_s = leak_time_for_enough(series);
	}
	out->first_s = first;
	out->last_s = last;
	if (!out->judged) {
		out->since_s = first;
		out->until_s = last;
		out->level_mib = series->items[series->len - 1].mib;
		return;
	}
	analysis_leak_finish(series, out);
}

/* Share of the recording that a process lived through. */
static const double lived = 0.45;
static const double clear_slope = 4;
static const double brief = 0.1; /* share of the recording: a short life */

/* Whether a process stays: it is there at the end. */
static bool leak_lives_on(
    const struct process *process, double last_s, double whole)
{
	const struct series *m = &process->memory;

	return m->len > 0 && !process->exit.recorded &&
	       m->items[m->len - 1].time_s >= last_s - 0.02 * whole;
}

static double leak_life_of(const struct process *process)
{
	const struct series *m = &process->memory;

	return m->items[m->len - 1].time_s - m->items[0].time_s;
}

/* Whether the number of processes that lived for least_s keeps growing: at
 * least five began after the first fifth of the time, some in each quarter of
 * the rest, and nearly none ended. */
static bool leak_lives_accumulate(
    const struct run *run, const struct leak *total, double least_s)
{
	double whole = total->last_s - total->first_s;
	size_t born[5] = {0}, ended = 0, late = 0;

	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];
		double at, share;

		if (process->memory.len == 0 || leak_life_of(process) < least_s)
			continue;
		at = process->memory.items[0].time_s;
		share = whole > 0 ? (at - total->first_s) / whole : 0;
		if (!leak_lives_on(process, total->last_s, whole))
			ended++;
		else if (share >= 0 && share < 1)
			born[(size_t)(share * 5)]++;
	}
	for (size_t i = 1; i < 5; i++)
		late += born[i];
	return late >= 5 && born[1] && born[2] && born[3] && born[4] &&
	       ended * 10 <= late;
}

/* A process that is young at the end may stay or end soon: the second count
 * leaves out all short lives. */
static bool leak_processes_gather(
    const struct run *run, const struct leak *total)
{
	return leak_lives_accumulate(run, total, 0) ||
	       leak_lives_accumulate(
		   run, total, brief * (total->last_s - total->first_s));
}

/* Whether a process lived long enough, and to the end. */
static bool leak_is_judged(
    const struct leak_run *out, const struct process *process, double whole)
{
	const struct series *m = &process->memory;

	return m->len > 0 && leak_life_of(process) >= lived * whole &&
	       m->items[m->len - 1].time_s >= out->total.last_s - 0.05 * whole;
}

static void leak_judge_process(void *context, size_t at)
{
	struct leak_process *judged = (struct leak_process *)context + at;
	struct leak *own = &judged->leak;

	leak_judge(
	    &judged->process->memory, judged->process->exit.recorded, own);
	/* Among many processes one may seem to leak by chance: its slope must
	 * be large beside its uncertainty. */
	if (own->verdict == LEAK_LEAKING &&
	    !(own->mib_per_s > clear_slope * (own->mib_per_s - own->low)))
		own->verdict = LEAK_UNDECIDED;
}

static void leak_judge_processes(const struct run *run, struct leak_run *out)
{
	double whole = out->total.last_s - out->total.first_s;

	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];

		if (leak_is_judged(out, process, whole))
			*array_push(&out->processes) =
			    (struct leak_process){.process = process};
	}
	parallel_for(
	    out->processes.len, leak_judge_process, out->processes.items);
	for (size_t i = 0; i < out->processes.len; i++)
		out->processes.items[i].leak.first_s = out->total.first_s;
}

/* If the total is no leak, the process that leaks fastest decides. */
static void leak_choose_worst(struct leak_run *out)
{
	out->worst = out->total;
	for (size_t i = 0; i < out->processes.len; i++) {
		const struct leak_process *judged = &out->processes.items[i];
		const struct leak *own = &judged->leak;

		if (own->verdict != LEAK_LEAKING ||
		    out->total.verdict == LEAK_LEAKING)
			continue;
		if (!out->process || own->mib_per_s > out->worst.mib_per_s) {
			out->worst = *own;
			out->worst.level_mib = out->total.level_mib;
			out->process = judged->process;
		}
	}
}

void leak_judge_run(const struct run *run, struct leak_run *out)
{
	*out = (struct leak_run){0};
	leak_judge(&run->total, run->exit.recorded, &out->total);
	leak_judge_processes(run, out);
	leak_choose_worst(out);
	out->more_processes = leak_processes_gather(run, &out->total);
	if (out->more_processes && out->worst.verdict != LEAK_LEAKING &&
	    out->total.mib_per_s > 0 &&
	    out->total.last_s - out->total.first_s >= LEAK_LEAST_S)
		out->worst.verdict = LEAK_LEAKING;
}

void leak_judge_part(
    const struct run *run, double from_s, double to_s, struct leak_run *out)
{
	const struct process *whole = run->processes.items;
	struct run part = run_part(run, from_s, to_s);
	const struct process *parts = part.processes.items;

	leak_judge_run(&part, out);
	out->total.first_s = out->worst.first_s = run_first_s(run);
	for (size_t i = 0; i < out->processes.len; i++) {
		struct leak_process *judged = &out->processes.items[i];

		judged->process = whole + (judged->process - parts);
		judged->leak.first_s = out->total.first_s;
	}
	if (out->process)
		out->process = whole + (out->process - parts);
	free(part.processes.items);
}

void leak_run_finish(struct leak_run *leak)
{
	array_free(&leak->processes);
}

const char *leak_word(enum leak_verdict verdict)
{
	static const char *const words[] = {
	    [LEAK_UNDECIDED] = "undecided",
	    [LEAK_STEADY] = "steady",
	    [LEAK_GROWING] = "growing",
	    [LEAK_LEAKING] = "leaking",
	};

	return words[verdict];
}
