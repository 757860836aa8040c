// SPDX-License-Identifier: MIT
#include "analysis/judge.h"

#include <math.h>
#include <string.h>

#include "analysis/fit.h"
#include "analysis/robust.h"

/* Block counts, fine to coarse: a fine view shows the shape, a coarse one
 * smooths longer cycles of a collector. */
static const size_t block_counts[] = {64, 48, 32, 24, 16, 12, 8};
enum { SCALES = sizeof(block_counts) / sizeof(block_counts[0]) };

/* Found with tests/bench/leak.c, whose table shows their effect. */
static const double line_t = 6;  /* c over its error */
static const double trend_z = 3; /* Mann-Kendall after the warm-up */
/* Share of the variance that the line explains. */
static const double explained = 0.7;
/* Slope at the end over that of the whole. */
static const double keeps_pace = 0.45;
/* Share of the range: height of a tooth. */
static const double tooth_share = 0.25;
static const size_t fewest_valleys = 4, fewest_rounds = 3;
static const double speck = 0.002; /* share of the ups and downs */
static const double hint = 0.1;    /* share of the range, with few floors */
static const double clearly = 6, slightly = 3; /* differences of BIC */
static const double late_start = 0.6, outgrows = 2.5;

/* An envelope in blocks, with the shapes fitted to it. */
struct view {
	double x[FIT_MAX], y[FIT_MAX];
	struct fit_points points;
	double noise;
	struct fit line, both, starts;
	double warm_up; /* share of the time; 0: none */
	/* The part after the warm-up, with times from 0 to 1. */
	double tail_x[FIT_MAX];
	struct fit_points tail;
	struct fit tail_line;
	struct robust_trend trend;
	/* Shapes are fitted when first used, as that is slow. */
	bool has_shapes;
	struct fit saturating, slowing, rising, steps;
	struct fit tail_saturating, tail_fills;
};

double judge_least_noise(const double *y, size_t count)
{
	double top = 0;

	for (size_t i = 0; i < count; i++)
		top = fmax(top, y[i]);
	return 0.004 + 1e-5 * top;
}

/* The start of the straight part: after the saturating term has died away, or
 * where growth begins. */
static double judge_find_warm_up(const struct view *v)
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

static void judge_init(struct view *v, size_t count)
{
	struct fit_points *tail = &v->tail;
	size_t from = 0;

	v->points = (struct fit_points){v->x, v->y, count};
	v->noise = judge_least_noise(v->y, count);
	fit_line(&v->points, v->noise, &v->line);
	v->has_shapes = false;
	fit_both(&v->points, v->noise, 0.004, 0.1, &v->both);
	fit_starts(&v->points, v->noise, 0.05, 0.85, &v->starts);
	v->warm_up = judge_find_warm_up(v);
	while (from < count && v->x[from] < v->warm_up)
		from++;
	*tail = (struct fit_points){v->tail_x, v->y + from, count - from};
	for (size_t i = 0; i < tail->count; i++)
		v->tail_x[i] = (v->x[from + i] - v->warm_up) / (1 - v->warm_up);
	fit_line(tail, v->noise, &v->tail_line);
	robust_theil_sen(tail->x, tail->y, tail->count, &v->trend);
}

static void judge_fit_shapes(struct view *v)
{
	if (v->has_shapes)
		return;
	v->has_shapes = true;
	fit_saturating(&v->points, v->noise, 0.02, 0.6, &v->saturating);
	fit_slowing(&v->points, v->noise, 0.003, 0.2, &v->slowing);
	fit_rising(&v->points, v->noise, 0.15, 1.5, &v->rising);
	fit_steps(&v->points, v->noise, &v->steps);
	fit_saturating(&v->tail, v->noise, 0.05, 1.2, &v->tail_saturating);
	fit_fills(&v->tail, v->noise, 0.1, 0.95, &v->tail_fills);
}

/* The Theil-Sen slope of the last share of the tail. */
static double judge_last_slope(const struct view *v, double share)
{
	const struct fit_points *tail = &v->tail;
	struct robust_trend last;
	size_t from = 0;

	while (from < tail->count && tail->x[from] < 1 - share)
		from++;
	robust_theil_sen(
	    tail->x + from, tail->y + from, tail->count - from, &last);
	return last.slope;
}

/* The share of the tail's variance explained by its robust line. */
static double judge_line_explained(const struct view *v)
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

/* The lowest BIC of shapes that grow to the end: a line, or ever faster. */
static double judge_line_bic(const struct view *v)
{
	double bic = fmin(v->line.bic, fmin(v->both.bic, v->starts.bic));

	return v->rising.b > 0 ? fmin(bic, v->rising.bic) : bic;
}

/* The range of the points before x. */
static double judge_range_before(const struct view *v, double x)
{
	double low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < v->points.count && v->x[i] < x; i++) {
		low = fmin(low, v->y[i]);
		high = fmax(high, v->y[i]);
	}
	return high - low;
}

/* After such a late start there is little to judge: growth smaller than the ups
 * and downs before it may be one of them. */
static bool judge_starts_in_doubt(
    const struct view *v, const struct view *finest)
{
	return v->warm_up > late_start &&
	       v->trend.slope <
		   outgrows * judge_range_before(finest, v->warm_up);
}

/* Growth that is so small beside large waves may be an effect of sampling. */
static bool judge_is_speck(const struct view *v, const struct view *finest)
{
	return v->trend.slope < speck * judge_range_before(finest, INFINITY);
}

static bool judge_leaks(struct view *v, const struct view *finest)
{
	const struct fit *line = &v->tail_line;

	if (v->tail.count < 6 || line->c < line_t * line->c_error ||
	    judge_starts_in_doubt(v, finest) || judge_is_speck(v, finest))
		return false;
	if (v->trend.z < trend_z || v->trend.slope < 4 * v->noise ||
	    judge_line_explained(v) < explained)
		return false;
	judge_fit_shapes(v);
	if (v->saturating.bic < judge_line_bic(v) ||
	    v->slowing.bic < judge_line_bic(v) ||
	    v->steps.bic < judge_line_bic(v))
		return false;
	if (v->tail_saturating.bic + slightly < line->bic ||
	    v->tail_fills.bic + slightly < line->bic)
		return false;
	return judge_last_slope(v, 0.4) > keeps_pace * v->trend.slope;
}

static bool judge_fit_slows(
    const struct fit *fit, double other_bic, const struct view *v, size_t count)
{
	double pace = exp(-1 / fit->tau), grown = fit->b * (1 - pace);
	double spread = sqrt(fit->residue / (double)count);

	return fit->bic + clearly < other_bic && fit->b > 0 && pace > 0.01 &&
	       grown > 4 * (spread + v->noise);
}

/* Whether a rising curve with one parameter more than a line could be better
 * than bic by that much: none fits better than the best monotone one. */
static bool judge_could_rise(
    const struct fit_points *points, double noise, double bic, double by)
{
	struct fit best;

	fit_monotone(points, noise, &best);
	return best.bic + by < bic;
}

/* Whether it grows by more than noise, and in the shape of something that fills
 * up. */
static bool judge_slows(struct view *v)
{
	double bic = fmin(v->line.bic, fmin(v->both.bic, v->starts.bic));

	if (!judge_could_rise(&v->points, v->noise, bic, slightly) &&
	    !judge_could_rise(&v->tail, v->noise, v->tail_line.bic, clearly))
		return false;
	judge_fit_shapes(v);
	if (v->steps.bic < fmin(v->saturating.bic, v->slowing.bic))
		return false;
	if (v->slowing.bic + slightly < judge_line_bic(v) && v->slowing.b > 0)
		return true;
	return judge_fit_slows(
		   &v->saturating, judge_line_bic(v), v, v->points.count) ||
	       judge_fit_slows(
		   &v->tail_saturating, v->tail_line.bic, v, v->tail.count);
}

static void judge_report(
    const struct view *v, const struct envelope *envelope, struct leak *out)
{
	double span = envelope->span_s * (1 - v->warm_up);

	out->mib_per_s = v->trend.slope / span;
	out->low = v->trend.low / span;
	out->high = v->trend.high / span;
	out->since_s = envelope->first_s + v->warm_up * envelope->span_s;
	out->until_s = envelope->first_s + envelope->span_s;
	out->level_mib = v->trend.intercept + v->trend.slope;
	out->spread_mib = v->trend.spread;
}

/* The growth over the tail that all tests in judge_leaks() would have called a
 * leak. */
static double judge_detectable(const struct view *v)
{
	double left =
	    sqrt(v->tail_line.residue / fmax(1, (double)v->tail.count));
	/* The variance of a line is its rise squared over 12. */
	double explains = sqrt(12 * explained / (1 - explained)) * left;
	double sure = line_t * v->tail_line.c_error;

	return fmax(fmax(explains, sure), fmax(4 * v->noise, v->trend.high));
}

/* How much longer a recording has to be: a slope's error falls with time to the
 * power of 1.5. */
static double judge_more_time(const struct view *v, double span)
{
	double error = robust_slope_error(&v->trend);
	double t = error > 0 ? fabs(v->trend.slope) / error : 0;
	double factor = pow(line_t / fmax(t, 0.5), 2.0 / 3);

	return span * fmin(9, fmax(0.25, factor - 1));
}

/* Whether growth is likely, though not proved. */
static bool judge_is_likely(const struct view *v)
{
	return v->points.count >= 8 && v->tail.count >= 6 &&
	       v->tail_line.c > 3 * v->tail_line.c_error && v->trend.low > 0 &&
	       v->trend.slope > 4 * v->noise && judge_line_explained(v) > 0.35;
}

/* The share of the variance that a line must explain: more for fewer low
 * points. */
static double judge_explain_few(size_t count)
{
	return count <= fewest_rounds    ? 0.999
	       : count <= fewest_valleys ? 0.98
					 : 0.9;
}

/* With fewer than eight low points only a clear line counts, as the trend test
 * can't tell so few from chance; with four it must also rise by nearly half of
 * the whole range. */
static bool judge_few_valleys_leak(struct view *v, const struct view *finest)
{
	bool fewest = v->points.count <= fewest_valleys;
	double rises = v->trend.slope / judge_range_before(finest, INFINITY);

	judge_fit_shapes(v);
	return v->trend.tau > (fewest ? 0.99 : 0.85) &&
	       judge_line_explained(v) > judge_explain_few(v->points.count) &&
	       rises > (fewest ? 0.45 : 0.2) &&
	       v->line.c > line_t * v->line.c_error && v->steps.levels != 2 &&
	       judge_last_slope(v, 0.5) > keeps_pace * v->trend.slope;
}

/* Judges by the low points of cycles, where cycles are too few for blocks. */
static bool judge_valleys_leak(
    const struct envelope *envelope, const struct view *finest, struct view *v)
{
	size_t count =
	    envelope_valleys(envelope, tooth_share, FIT_MAX / 2, v->x, v->y);

	if (count < fewest_valleys || v->x[0] > 0.4 || v->x[count - 1] < 0.7)
		return false;
	judge_init(v, count);
	if (judge_is_speck(v, finest))
		return false;
	return count < 8 ? judge_few_valleys_leak(v, finest)
			 : judge_leaks(v, v);
}

/* Whether a fine view clearly shows what a coarse one could take for a line: a
 * few jumps, or a slope that dies away. */
static bool judge_rules_out(struct view *v)
{
	judge_fit_shapes(v);
	return v->steps.bic + clearly < judge_line_bic(v) || judge_slows(v);
}

/* Whether one of the first count views, coarse ones excepted, denies it. */
static bool judge_any_rules_out(struct view *views, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (block_counts[i] >= 24 && views[i].points.count >= 8 &&
		    judge_rules_out(&views[i]))
			return true;
	}
	return false;
}

/* The lowest slope that any of the views would have detected. */
static double judge_all_detectable(
    const struct view *views, const struct envelope *envelope)
{
	double best = INFINITY;

	for (size_t i = 0; i < SCALES; i++) {
		const struct view *v = &views[i];
		double span = envelope->span_s * (1 - v->warm_up);

		if (v->points.count >= 8 && v->tail.count >= 6)
			best = fmin(best, judge_detectable(v) / span);
	}
	return fmax(best,
	    speck * judge_range_before(&views[0], INFINITY) / envelope->span_s);
}

/* Whether memory never changes, as in many processes: the views would take
 * rounding for a tiny leak. */
static bool judge_is_level(const struct envelope *envelope, struct leak *out)
{
	double low = INFINITY, high = -INFINITY, noise;

	for (size_t i = 0; i < ENVELOPE_BINS; i++) {
		low = fmin(low, envelope->floors[i]);
		high = fmax(high, envelope->floors[i]);
	}
	noise = judge_least_noise(&high, 1);
	if (high - low > 4 * noise)
		return false;
	out->verdict = LEAK_STEADY;
	out->mib_per_s = out->low = out->high = out->spread_mib = 0;
	out->since_s = envelope->first_s;
	out->until_s = envelope->first_s + envelope->span_s;
	out->level_mib = high;
	out->visible_mib_per_s = 4 * noise / envelope->span_s;
	return true;
}

void judge_envelope(const struct envelope *envelope, struct leak *out)
{
	struct view views[SCALES], valleys;
	const struct view *slowing = NULL;

	if (judge_is_level(envelope, out))
		return;
	for (size_t i = 0; i < SCALES; i++)
		judge_init(&views[i], envelope_blocks(envelope, block_counts[i],
					  views[i].x, views[i].y));
	judge_report(&views[0], envelope, out);
	out->visible_mib_per_s = judge_all_detectable(views, envelope);
	for (size_t i = 0; i < SCALES; i++) {
		struct view *v = &views[i];

		if (v->points.count < 8)
			continue;
		if (!slowing && judge_slows(v))
			slowing = v;
		if (judge_leaks(v, &views[0]) &&
		    !judge_any_rules_out(views, i + 1)) {
			judge_report(v, envelope, out);
			out->verdict = LEAK_LEAKING;
			return;
		}
	}
	if (!slowing && judge_valleys_leak(envelope, &views[0], &valleys)) {
		judge_report(&valleys, envelope, out);
		out->verdict = LEAK_LEAKING;
		return;
	}
	out->verdict = slowing ? LEAK_GROWING : LEAK_STEADY;
	if (slowing)
		judge_report(slowing, envelope, out);
	if (slowing || !judge_is_likely(&views[3]) ||
	    judge_any_rules_out(views, SCALES))
		return;
	judge_report(&views[3], envelope, out);
	out->verdict = LEAK_UNDECIDED;
	out->reason = LEAK_NOISE;
	out->need_s = judge_more_time(&views[3], envelope->span_s);
}

void judge_floors(const struct envelope *envelope, const double *x,
    const double *y, size_t count, struct leak *out)
{
	struct view v, finest;
	double sees;

	judge_init(&finest,
	    envelope_blocks(envelope, block_counts[0], finest.x, finest.y));
	memcpy(v.x, x, count * sizeof(x[0]));
	memcpy(v.y, y, count * sizeof(y[0]));
	judge_init(&v, count);
	judge_report(&v, envelope, out);
	out->verdict = LEAK_STEADY;
	sees = fmax(judge_detectable(&v),
	    speck * judge_range_before(&finest, INFINITY));
	if (count < 8)
		sees = fmax(sees, judge_range_before(&finest, INFINITY) *
				      (count <= fewest_valleys ? 0.45 : 0.2));
	out->visible_mib_per_s = sees / (envelope->span_s * (1 - v.warm_up));
	if (count >= fewest_rounds && !judge_is_speck(&v, &finest) &&
	    (count < 8 ? judge_few_valleys_leak(&v, &finest)
		       : judge_leaks(&v, &v))) {
		out->verdict = LEAK_LEAKING;
	} else if (v.trend.tau > 0.5 && v.trend.slope > 4 * v.noise &&
		   v.trend.slope >
		       hint * judge_range_before(&finest, INFINITY)) {
		out->verdict = LEAK_UNDECIDED;
		out->reason = LEAK_CYCLES;
		out->need_s = envelope->span_s;
	}
}
