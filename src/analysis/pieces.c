// SPDX-License-Identifier: MIT
#include "analysis/pieces.h"

#include <math.h>

static const double latest_start = 0.62; /* share of the points */
static const double earliest_rest = 0.6;
static const double least_middle = 0.25;
static const double faster = 1.5; /* a start, than what follows it */
static const double still = 0.25;
static const double surely = 6, rises = 5.3; /* over error and spread */

/* Sums of the first i points, about the first of them. */
struct pieces_sums {
	double x[FIT_MAX + 1], y[FIT_MAX + 1];
	double xx[FIT_MAX + 1], xy[FIT_MAX + 1], yy[FIT_MAX + 1];
};

static void sums_init(struct pieces_sums *s, const struct fit_points *p)
{
	*s = (struct pieces_sums){{0}, {0}, {0}, {0}, {0}};
	for (size_t i = 0; i < p->count; i++) {
		double x = p->x[i], y = p->y[i] - p->y[0];

		s->x[i + 1] = s->x[i] + x;
		s->y[i + 1] = s->y[i] + y;
		s->xx[i + 1] = s->xx[i] + x * x;
		s->xy[i + 1] = s->xy[i] + x * y;
		s->yy[i + 1] = s->yy[i] + y * y;
	}
}

static struct piece line_of(const struct pieces_sums *s,
    const struct fit_points *p, size_t from, size_t end)
{
	double n = (double)(end - from), x, y, xx, xy, yy;
	struct piece piece = {.from = from, .end = end};

	if (end <= from)
		return piece;
	x = (s->x[end] - s->x[from]) / n;
	y = (s->y[end] - s->y[from]) / n;
	xx = s->xx[end] - s->xx[from] - n * x * x;
	xy = s->xy[end] - s->xy[from] - n * x * y;
	yy = s->yy[end] - s->yy[from] - n * y * y;
	piece.slope = xx > 1e-12 ? xy / xx : 0;
	piece.a = p->y[0] + y - piece.slope * x;
	piece.residue = fmax(0, yy - piece.slope * xy);
	return piece;
}

/* Each piece more costs its line and its place. */
static double pieces_weigh(
    const struct pieces *pieces, const struct fit_points *p, double noise)
{
	double n = (double)p->count, parameters = 2;
	double residue = pieces->before.residue + pieces->middle.residue +
			 pieces->after.residue;

	parameters += pieces->before.end > pieces->before.from ? 3 : 0;
	parameters += pieces->after.end > pieces->after.from ? 3 : 0;
	return n * log(residue / n + noise * noise) + parameters * log(n);
}

void pieces_find(
    const struct fit_points *p, double noise, bool starts, struct pieces *out)
{
	double n = (double)p->count;
	size_t last_a = starts ? (size_t)(latest_start * n) : 0;
	size_t first_b = (size_t)(earliest_rest * n);
	struct pieces_sums sums;

	sums_init(&sums, p);
	out->bic = INFINITY;
	for (size_t a = 0; a <= last_a; a++) {
		for (size_t b = first_b; b <= p->count; b++) {
			struct pieces tried;

			if ((double)b < (double)a + least_middle * n)
				continue;
			tried.before = line_of(&sums, p, 0, a);
			tried.middle = line_of(&sums, p, a, b);
			tried.after = line_of(&sums, p, b, p->count);
			tried.bic = pieces_weigh(&tried, p, noise);
			if (tried.bic < out->bic)
				*out = tried;
		}
	}
}

static double line_at(const struct piece *piece, double x)
{
	return piece->a + piece->slope * x;
}

static double growth_of(const struct piece *piece, const struct fit_points *p)
{
	return piece->slope * (p->x[piece->end - 1] - p->x[piece->from]);
}

bool pieces_start(
    const struct pieces *pieces, const struct fit_points *p, double noise)
{
	const struct piece *before = &pieces->before;
	const struct piece *middle = &pieces->middle;
	double count = (double)(middle->end - middle->from);
	double spread = sqrt(middle->residue / count) + noise;
	double reached = line_at(middle, p->x[middle->from]);

	if (before->end == 0 || p->y[0] > reached - 4 * spread)
		return false;
	/* A line through all of the middle tells what the start would be. */
	if (p->y[0] > line_at(middle, p->x[0]) - 4 * spread)
		return false;
	for (size_t i = 0; i < before->end; i++) {
		if (p->y[i] > reached + 4 * spread)
			return false;
	}
	return before->end < 3 || before->slope > faster * middle->slope;
}

bool pieces_rest(const struct pieces *pieces, const struct fit_points *p)
{
	const struct piece *middle = &pieces->middle, *after = &pieces->after;
	double growth, top, x;

	if (after->end == after->from)
		return false;
	growth = growth_of(middle, p);
	x = p->x[after->from];
	top = line_at(middle, x);
	return growth > 0 && fabs(growth_of(after, p)) < still * growth &&
	       line_at(after, x) < top + still * growth &&
	       line_at(after, x) > top - fmax(0.5 * growth, 0.1 * top);
}

/* Whether the last eighth lies above all that came before the last third. */
static bool ends_highest(const struct fit_points *p, double noise)
{
	double last = 0, before = -INFINITY;
	size_t eighth = p->count / 8;

	for (size_t i = p->count - eighth; i < p->count; i++)
		last += p->y[i] / (double)eighth;
	for (size_t i = 0; i < p->count * 2 / 3; i++)
		before = fmax(before, p->y[i]);
	return last > before + 4 * noise;
}

double pieces_quietest(const struct fit_points *p, double noise)
{
	double best = INFINITY;
	struct pieces_sums sums;

	if (ends_highest(p, noise))
		return INFINITY;
	sums_init(&sums, p);
	for (size_t len = p->count / 6; len <= p->count; len += p->count / 6) {
		for (size_t i = 0; len > 4 && i + len <= p->count; i++) {
			struct piece piece = line_of(&sums, p, i, i + len);
			double x = p->x[i + len - 1] - p->x[i], n = (double)len;
			double spread = sqrt(piece.residue / (n - 2)) + noise;
			/* Over equal steps the variance of x is x^2 / 12. */
			double error = spread / (x * sqrt(n / 12));

			best = fmin(
			    best, fmax(0, piece.slope) +
				      fmax(surely * error, rises * spread / x));
		}
	}
	return best;
}
