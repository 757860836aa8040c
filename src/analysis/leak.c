// SPDX-License-Identifier: MIT
#include "analysis/leak.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/envelope.h"
#include "analysis/fit.h"
#include "analysis/robust.h"

/* Block counts, fine to coarse: a fine one sees the shape, a coarse one looks
 * through longer teeth. */
static const size_t block_counts[] = {64, 48, 32, 24, 16, 12, 8};
enum { SCALES = sizeof(block_counts) / sizeof(block_counts[0]) };

/* Found with tests/bench/leak.c; see its table for what they give. */
static const double line_t = 6;         /* c over its error */
static const double trend_z = 3;        /* Mann-Kendall after the warm-up */
static const double explained = 0.7;    /* of the variance, by the line */
static const double keeps_pace = 0.45;  /* slope at the end over the whole's */
static const double tooth_share = 0.25; /* of the range: a tooth's height */
static const size_t fewest_valleys = 4;
static const double clearly = 6, slightly = 3; /* differences of BIC */
static const double late_start = 0.6, outgrows = 2.5;
static const size_t fewest_samples = 24;
static const double lived = 0.45; /* of the recording, by a process */
static const double clear_slope = 4;
static const double brief = 0.1; /* a life, of the recording */

/* An envelope in blocks, and what was fitted to it. */
struct view {
	double x[FIT_MAX], y[FIT_MAX];
	struct fit_points points;
	double noise;
	struct fit line, saturating, slowing, rising, both, starts, steps;
	double warm_up; /* share of the time, 0 where there is none */
	/* What comes after the warm-up; its own time runs from 0 to 1. */
	double tail_x[FIT_MAX];
	struct fit_points tail;
	struct fit tail_line, tail_saturating, tail_fills;
	struct robust_trend trend;
};

/* The noise below which nothing is told apart: pages, and one part in 10^5. */
static double least_noise(const double *y, size_t count)
{
	double top = 0;

	for (size_t i = 0; i < count; i++)
		top = fmax(top, y[i]);
	return 0.004 + 1e-5 * top;
}

/* The straight part: where the saturating term has come to its end, or where
 * growth begins. */
static double find_warm_up(const struct view *v)
{
	double bic = fmin(v->both.bic, v->starts.bic), spread, decay;

	if (v->points.count < 8 || bic + clearly > v->line.bic)
		return 0;
	if (v->both.bic >= v->starts.bic)
		return v->starts.h;
	spread = sqrt(v->both.residue / (double)v->points.count);
	decay = log(fabs(v->both.b) / (spread + v->noise));
	return fmin(0.5, v->both.tau * fmax(4, decay));
}

static void view_init(struct view *v, size_t count)
{
	struct fit_points *tail = &v->tail;
	size_t from = 0;

	v->points = (struct fit_points){v->x, v->y, count};
	v->noise = least_noise(v->y, count);
	fit_line(&v->points, v->noise, &v->line);
	fit_saturating(&v->points, v->noise, 0.02, 0.6, &v->saturating);
	fit_slowing(&v->points, v->noise, 0.003, 0.2, &v->slowing);
	fit_rising(&v->points, v->noise, 0.15, 1.5, &v->rising);
	fit_both(&v->points, v->noise, 0.004, 0.1, &v->both);
	fit_starts(&v->points, v->noise, 0.05, 0.85, &v->starts);
	fit_steps(&v->points, v->noise, &v->steps);
	v->warm_up = find_warm_up(v);
	while (from < count && v->x[from] < v->warm_up)
		from++;
	*tail = (struct fit_points){v->tail_x, v->y + from, count - from};
	for (size_t i = 0; i < tail->count; i++)
		v->tail_x[i] = (v->x[from + i] - v->warm_up) / (1 - v->warm_up);
	fit_line(tail, v->noise, &v->tail_line);
	fit_saturating(tail, v->noise, 0.05, 1.2, &v->tail_saturating);
	fit_fills(tail, v->noise, 0.1, 0.95, &v->tail_fills);
	robust_trend(tail->x, tail->y, tail->count, &v->trend);
}

/* Slope by Theil and Sen of the last share of the tail. */
static double last_slope(const struct view *v, double share)
{
	const struct fit_points *tail = &v->tail;
	struct robust_trend last;
	size_t from = 0;

	while (from < tail->count && tail->x[from] < 1 - share)
		from++;
	robust_trend(tail->x + from, tail->y + from, tail->count - from, &last);
	return last.slope;
}

/* The share of the tail's variance that its robust line explains. */
static double line_explains(const struct view *v)
{
	const struct fit_points *p = &v->tail;
	double mean = 0, total = 0, left = 0;

	for (size_t i = 0; i < p->count; i++)
		mean += p->y[i] / (double)p->count;
	for (size_t i = 0; i < p->count; i++) {
		double off =
		    p->y[i] - v->trend.intercept - v->trend.slope * p->x[i];

		total += (p->y[i] - mean) * (p->y[i] - mean);
		left += off * off;
	}
	return total > 0 ? 1 - left / total : 0;
}

/* Of what grows to the end: a line, or what rises ever faster. */
static double line_bic(const struct view *v)
{
	double bic = fmin(v->line.bic, fmin(v->both.bic, v->starts.bic));

	return v->rising.b > 0 ? fmin(bic, v->rising.bic) : bic;
}

/* From the lowest to the highest of the points before x. */
static double range_before(const struct view *v, double x)
{
	double low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < v->points.count && v->x[i] < x; i++) {
		low = fmin(low, v->y[i]);
		high = fmax(high, v->y[i]);
	}
	return high - low;
}

/* A start so late leaves little to see: the growth since has to be more than
 * all the ups and downs before it, or it is only the last of those. */
static bool starts_in_doubt(const struct view *v, const struct view *finest)
{
	return v->warm_up > late_start &&
	       v->trend.slope < outgrows * range_before(finest, v->warm_up);
}

static bool view_leaks(const struct view *v, const struct view *finest)
{
	const struct fit *line = &v->tail_line;

	if (v->tail.count < 6 || line->c < line_t * line->c_error ||
	    starts_in_doubt(v, finest))
		return false;
	if (v->saturating.bic < line_bic(v) || v->slowing.bic < line_bic(v) ||
	    v->steps.bic < line_bic(v))
		return false;
	if (v->tail_saturating.bic + slightly < line->bic ||
	    v->tail_fills.bic + slightly < line->bic)
		return false;
	if (v->trend.z < trend_z || v->trend.slope < 4 * v->noise ||
	    line_explains(v) < explained)
		return false;
	return last_slope(v, 0.4) > keeps_pace * v->trend.slope;
}

static bool fit_slows(
    const struct fit *fit, double other_bic, const struct view *v, size_t count)
{
	double pace = exp(-1 / fit->tau), grown = fit->b * (1 - pace);
	double spread = sqrt(fit->residue / (double)count);

	return fit->bic + clearly < other_bic && fit->b > 0 && pace > 0.01 &&
	       grown > 4 * (spread + v->noise);
}

/* More growth than noise, and the shape of something that fills up. */
static bool view_slows(const struct view *v)
{
	if (v->steps.bic < fmin(v->saturating.bic, v->slowing.bic))
		return false;
	if (v->slowing.bic + slightly < line_bic(v) && v->slowing.b > 0)
		return true;
	return fit_slows(&v->saturating, line_bic(v), v, v->points.count) ||
	       fit_slows(
		   &v->tail_saturating, v->tail_line.bic, v, v->tail.count);
}

static void report(
    const struct view *v, const struct envelope *envelope, struct leak *out)
{
	double span = envelope->span_s * (1 - v->warm_up);

	out->mib_per_s = v->trend.slope / span;
	out->low = v->trend.low / span;
	out->high = v->trend.high / span;
	out->since_s = envelope->first_s + v->warm_up * envelope->span_s;
	out->level_mib = v->trend.intercept + v->trend.slope;
	out->spread_mib = v->trend.spread;
}

/* A slope's error falls with the time to the power of 1.5. */
static double more_time(const struct view *v, double span)
{
	double error = (v->trend.high - v->trend.low) / (2 * 1.96);
	double t = error > 0 ? fabs(v->trend.slope) / error : 0;
	double factor = pow(line_t / fmax(t, 0.5), 2.0 / 3);

	return span * fmin(9, fmax(0.25, factor - 1));
}

/* Growth that is likelier than not, and not proved. */
static bool view_hints(const struct view *v)
{
	return v->points.count >= 8 && v->tail.count >= 6 &&
	       v->tail_line.c > 3 * v->tail_line.c_error && v->trend.low > 0 &&
	       v->trend.slope > 4 * v->noise && line_explains(v) > 0.35;
}

/* Less than eight bottoms: nothing but a clear line counts, since the test for
 * a trend can't tell so few from chance, and one that is as large as the teeth
 * where they are four. */
static bool few_valleys_leak(const struct view *v, const struct view *finest)
{
	bool fewest = v->points.count == fewest_valleys;
	double rises = v->trend.slope / range_before(finest, INFINITY);

	return v->trend.tau > (fewest ? 0.99 : 0.85) &&
	       line_explains(v) > (fewest ? 0.98 : 0.9) &&
	       rises > (fewest ? 0.45 : 0.2) &&
	       v->line.c > line_t * v->line.c_error && v->steps.levels != 2 &&
	       last_slope(v, 0.5) > keeps_pace * v->trend.slope;
}

/* Too few teeth for blocks to look through: their bottoms alone. */
static bool valleys_leak(
    const struct envelope *envelope, const struct view *finest, struct view *v)
{
	size_t count =
	    envelope_valleys(envelope, tooth_share, FIT_MAX / 2, v->x, v->y);

	if (count < fewest_valleys || v->x[0] > 0.4 || v->x[count - 1] < 0.7)
		return false;
	view_init(v, count);
	return count < 8 ? few_valleys_leak(v, finest) : view_leaks(v, v);
}

/* Whether a fine view shows plainly what a coarse one could take for a line:
 * a few jumps, or a slope that dies away. */
static bool view_denies(const struct view *v)
{
	return v->steps.bic + clearly < line_bic(v) || view_slows(v);
}

static void judge(const struct envelope *envelope, struct leak *out)
{
	struct view views[SCALES], valleys;
	const struct view *slowing = NULL;
	bool denied = false;

	for (size_t i = 0; i < SCALES; i++)
		view_init(&views[i], envelope_blocks(envelope, block_counts[i],
					 views[i].x, views[i].y));
	report(&views[0], envelope, out);
	for (size_t i = 0; i < SCALES; i++) {
		const struct view *v = &views[i];

		if (v->points.count < 8)
			continue;
		if (!slowing && view_slows(v))
			slowing = v;
		denied = denied || (block_counts[i] >= 24 && view_denies(v));
		if (!denied && view_leaks(v, &views[0])) {
			report(v, envelope, out);
			out->verdict = LEAK_LEAKING;
			return;
		}
	}
	if (!slowing && valleys_leak(envelope, &views[0], &valleys)) {
		report(&valleys, envelope, out);
		out->verdict = LEAK_LEAKING;
		return;
	}
	out->verdict = slowing ? LEAK_GROWING : LEAK_STEADY;
	if (slowing)
		report(slowing, envelope, out);
	if (slowing || denied || !view_hints(&views[3]))
		return;
	report(&views[3], envelope, out);
	out->verdict = LEAK_UNDECIDED;
	out->need_s = more_time(&views[3], envelope->span_s);
}

void leak_judge(const struct series *series, struct leak *out)
{
	struct envelope envelope;

	*out = (struct leak){.verdict = LEAK_UNDECIDED, .need_s = 10};
	if (series->len == 0)
		return;
	envelope_init(&envelope, series);
	out->first_s = out->since_s = envelope.first_s;
	out->last_s = envelope.first_s + envelope.span_s;
	if (series->len < fewest_samples || envelope.span_s <= 0) {
		out->need_s = envelope.span_s > 0
				  ? envelope.span_s * (double)fewest_samples /
					(double)series->len
				  : 10;
		return;
	}
	out->judged = true;
	judge(&envelope, out);
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

/* A process belongs to those that gather if it is there at the end. */
static bool lives_on(const struct process *process, double last_s, double whole)
{
	const struct series *m = &process->memory;

	return m->len > 0 && !process->exit.known &&
	       m->items[m->len - 1].time_s >= last_s - 0.02 * whole;
}

static double life_of(const struct process *process)
{
	const struct series *m = &process->memory;

	return m->items[m->len - 1].time_s - m->items[0].time_s;
}

/* Processes that are started all the time and stay, of those that live for
 * least_s: at least five after the first fifth of the time, some in each
 * quarter of it, and nearly none that ended. */
static bool lives_gather(
    const struct run *run, const struct leak *total, double least_s)
{
	double whole = total->last_s - total->first_s;
	size_t born[5] = {0}, ended = 0, late = 0;

	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];
		double at, share;

		if (process->memory.len == 0 || life_of(process) < least_s)
			continue;
		at = process->memory.items[0].time_s;
		share = whole > 0 ? (at - total->first_s) / whole : 0;
		if (!lives_on(process, total->last_s, whole))
			ended++;
		else if (share >= 0 && share < 1)
			born[(size_t)(share * 5)]++;
	}
	for (size_t i = 1; i < 5; i++)
		late += born[i];
	return late >= 5 && born[1] && born[2] && born[3] && born[4] &&
	       ended * 10 <= late;
}

/* Where short-lived ones come and go beside those that stay, what is young at
 * the end may be either. */
static bool processes_gather(const struct run *run, const struct leak *total)
{
	return lives_gather(run, total, 0) ||
	       lives_gather(
		   run, total, brief * (total->last_s - total->first_s));
}

/* Among many processes one may seem to leak by chance: its slope has to be
 * several times as far from none as from the end of its interval. */
static bool stands_out(const struct leak *own)
{
	return own->mib_per_s > clear_slope * (own->mib_per_s - own->low);
}

static void judge_process(
    struct leak_run *out, const struct process *process, double whole)
{
	struct leak_process *judged;
	struct leak own;

	leak_judge(&process->memory, &own);
	if (own.last_s - own.first_s < lived * whole ||
	    own.last_s < out->total.last_s - 0.05 * whole)
		return;
	if (own.verdict == LEAK_LEAKING && !stands_out(&own))
		own.verdict = LEAK_UNDECIDED;
	own.first_s = out->total.first_s;
	judged = array_push(&out->processes);
	*judged = (struct leak_process){process, own};
	if (own.verdict != LEAK_LEAKING || out->total.verdict == LEAK_LEAKING)
		return;
	if (!out->process || own.mib_per_s > out->worst.mib_per_s) {
		out->worst = own;
		out->worst.level_mib = out->total.level_mib;
		out->process = process;
	}
}

void leak_judge_run(const struct run *run, struct leak_run *out)
{
	*out = (struct leak_run){0};
	leak_judge(&run->total, &out->total);
	out->worst = out->total;
	for (size_t i = 0; i < run->processes.len; i++)
		judge_process(out, &run->processes.items[i],
		    out->total.last_s - out->total.first_s);
	out->more_processes = processes_gather(run, &out->total);
	if (out->more_processes && out->worst.verdict != LEAK_LEAKING &&
	    out->total.mib_per_s > 0)
		out->worst.verdict = LEAK_LEAKING;
}

void leak_run_finish(struct leak_run *leak)
{
	array_free(&leak->processes);
}
