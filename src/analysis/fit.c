// SPDX-License-Identifier: MIT
#include "analysis/fit.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { TERMS = 3, GRID = 28, FINER = 6 };

static double fit_score(
    double residue, size_t count, double noise, double parameters)
{
	double n = (double)count;
	double floor = n * noise * noise;

	return n * log((residue + floor) / n) + parameters * log(n);
}

/* Solves the symmetric normal equations of size terms in place by Gauss and
 * Jordan; inverse gets the inverse. -1 where they are singular. */
static int fit_solve(
    double m[TERMS][TERMS], size_t terms, double inverse[TERMS][TERMS])
{
	memset(inverse, 0, sizeof(double) * TERMS * TERMS);
	for (size_t i = 0; i < terms; i++)
		inverse[i][i] = 1;
	for (size_t i = 0; i < terms; i++) {
		double pivot = m[i][i];

		if (fabs(pivot) < 1e-12)
			return -1;
		for (size_t j = 0; j < terms; j++) {
			m[i][j] /= pivot;
			inverse[i][j] /= pivot;
		}
		for (size_t r = 0; r < terms; r++) {
			double factor = m[r][i];

			if (r == i)
				continue;
			for (size_t j = 0; j < terms; j++) {
				m[r][j] -= factor * m[i][j];
				inverse[r][j] -= factor * inverse[i][j];
			}
		}
	}
	return 0;
}

struct basis {
	double tau; /* 0: no curved term */
	size_t terms;
	int line;          /* index of the term x; 0: none */
	double from, upto; /* the line's x is clamped between them */
	enum { ENDS, SLOWS, RISES } bend;
};

static const struct basis whole_line = {0, 2, 1, 0, 1, ENDS};

/* Fills bent with the curved term at each point. */
static void fit_fill_bent(
    const struct fit_points *p, const struct basis *basis, double *bent)
{
	double tau = basis->tau;
	double end = basis->bend == RISES ? expm1(1 / tau) : 1;

	for (size_t i = 0; i < p->count; i++) {
		double x = p->x[i];

		if (basis->bend == SLOWS)
			bent[i] = log1p(x / tau);
		else if (basis->bend == RISES)
			bent[i] = expm1(x / tau) / end;
		else
			bent[i] = 1 - exp(-x / tau);
	}
}

static void fit_fill_line(
    const struct fit_points *p, const struct basis *basis, double *line)
{
	for (size_t i = 0; i < p->count; i++) {
		double x = p->x[i] < basis->from ? basis->from : p->x[i];

		line[i] = x > basis->upto ? basis->upto : x;
	}
}

/* Sums over one term, its square, and its product with y. */
struct term_sums {
	double one, square, y;
};

static struct term_sums fit_sum_term(
    const struct fit_points *p, const double *term)
{
	struct term_sums s = {0, 0, 0};

	for (size_t i = 0; i < p->count; i++) {
		s.one += term[i];
		s.square += term[i] * term[i];
		s.y += term[i] * (p->y[i] - p->y[0]);
	}
	return s;
}

/* The normal equations: the constant, then the other terms. *total gets the sum
 * of y squared. y is relative to the first point. */
static void fit_sum_up(const struct fit_points *p, size_t terms,
    double values[TERMS - 1][FIT_MAX], double normal[TERMS][TERMS],
    double right[TERMS], double *total)
{
	normal[0][0] = (double)p->count;
	for (size_t i = 0; i < p->count; i++) {
		double y = p->y[i] - p->y[0];

		right[0] += y;
		*total += y * y;
	}
	for (size_t r = 1; r < terms; r++) {
		struct term_sums s = fit_sum_term(p, values[r - 1]);

		normal[r][0] = normal[0][r] = s.one;
		normal[r][r] = s.square;
		right[r] = s.y;
	}
	for (size_t i = 0; terms == 3 && i < p->count; i++)
		normal[1][2] += values[0][i] * values[1][i];
	normal[2][1] = normal[1][2];
}

/* Least squares for the basis; the caller sets out->bic. The residue is
 * computed from the sums: their rounding error is far below the noise that is
 * ignored (judge_least_noise()). */
static int fit_regress(
    const struct fit_points *p, const struct basis *basis, struct fit *out)
{
	double normal[TERMS][TERMS] = {{0}}, inverse[TERMS][TERMS];
	double right[TERMS] = {0}, solved[TERMS] = {0};
	double values[TERMS - 1][FIT_MAX], total = 0;
	double free = (double)p->count - (double)basis->terms;

	if (basis->tau > 0)
		fit_fill_bent(p, basis, values[0]);
	if (basis->line)
		fit_fill_line(p, basis, values[basis->line - 1]);
	fit_sum_up(p, basis->terms, values, normal, right, &total);
	if (fit_solve(normal, basis->terms, inverse) != 0)
		return -1;
	for (size_t r = 0; r < basis->terms; r++) {
		for (size_t c = 0; c < basis->terms; c++)
			solved[r] += inverse[r][c] * right[c];
		total -= solved[r] * right[r];
	}
	*out = (struct fit){.a = solved[0] + p->y[0], .tau = basis->tau};
	out->b = basis->tau > 0 ? solved[1] : 0;
	out->c = basis->line ? solved[basis->line] : 0;
	out->residue = fmax(0, total);
	if (basis->line && free > 0)
		out->c_error = sqrt(out->residue / free *
				    fmax(0, inverse[basis->line][basis->line]));
	return 0;
}

void fit_line(const struct fit_points *p, double noise, struct fit *out)
{
	*out = (struct fit){.bic = INFINITY};
	if (fit_regress(p, &whole_line, out) == 0)
		out->bic = fit_score(out->residue, p->count, noise, 2);
}

/* Fits the basis with this tau, and keeps the result in out where it is
 * better. */
static void fit_try_tau(const struct fit_points *p, double noise,
    struct basis basis, double tau, struct fit *out)
{
	struct fit tried;

	basis.tau = tau;
	if (fit_regress(p, &basis, &tried) != 0)
		return;
	/* One parameter more than terms: tau. */
	tried.bic =
	    fit_score(tried.residue, p->count, noise, (double)basis.terms + 1);
	if (tried.bic < out->bic)
		*out = tried;
}

/* Searches a grid of tau, then finer grids around the best one: with a large
 * curve, a slightly wrong tau would hide a small line. */
static void fit_grid(const struct fit_points *p, double noise,
    const double range[2], struct basis basis, struct fit *out)
{
	double step = pow(range[1] / range[0], 1.0 / (GRID - 1));

	*out = (struct fit){.bic = INFINITY};
	basis.terms = basis.line ? 3 : 2;
	basis.upto = 1;
	for (int i = 0; i < GRID; i++)
		fit_try_tau(p, noise, basis, range[0] * pow(step, i), out);
	for (int finer = 0; finer < FINER && isfinite(out->bic); finer++) {
		double tau = out->tau;

		step = sqrt(step);
		fit_try_tau(p, noise, basis, fmin(tau * step, range[1]), out);
		fit_try_tau(p, noise, basis, fmax(tau / step, range[0]), out);
	}
}

void fit_saturating(const struct fit_points *p, double noise, double first,
    double last, struct fit *out)
{
	fit_grid(
	    p, noise, (double[]){first, last}, (struct basis){.line = 0}, out);
}

void fit_slowing(const struct fit_points *p, double noise, double first,
    double last, struct fit *out)
{
	fit_grid(p, noise, (double[]){first, last},
	    (struct basis){.bend = SLOWS}, out);
}

void fit_rising(const struct fit_points *p, double noise, double first,
    double last, struct fit *out)
{
	fit_grid(p, noise, (double[]){first, last},
	    (struct basis){.bend = RISES}, out);
}

void fit_both(const struct fit_points *p, double noise, double first,
    double last, struct fit *out)
{
	fit_grid(
	    p, noise, (double[]){first, last}, (struct basis){.line = 2}, out);
}

/* A line with one bend at h: flat after it (fills) or before it. */
static void fit_bend(const struct fit_points *p, double noise,
    const double range[2], bool fills, struct fit *out)
{
	*out = (struct fit){.bic = INFINITY};
	for (int i = 0; i < GRID; i++) {
		double h = range[0] + (range[1] - range[0]) * i / (GRID - 1);
		struct basis basis = whole_line;
		struct fit tried;

		basis.from = fills ? 0 : h;
		basis.upto = fills ? h : 1;
		if (fit_regress(p, &basis, &tried) != 0)
			continue;
		tried.bic = fit_score(tried.residue, p->count, noise, 3);
		tried.h = h;
		if (tried.bic < out->bic)
			*out = tried;
	}
}

void fit_fills(const struct fit_points *p, double noise, double first,
    double last, struct fit *out)
{
	fit_bend(p, noise, (double[]){first, last}, true, out);
}

void fit_starts(const struct fit_points *p, double noise, double first,
    double last, struct fit *out)
{
	fit_bend(p, noise, (double[]){first, last}, false, out);
}

/* Pools adjacent points that fall until none does. */
void fit_monotone(const struct fit_points *p, double noise, struct fit *out)
{
	double sums[FIT_MAX], squares = 0;
	size_t counts[FIT_MAX], len = 0;

	for (size_t i = 0; i < p->count; i++) {
		double y = p->y[i] - p->y[0];

		squares += y * y;
		sums[len] = y;
		counts[len++] = 1;
		while (len > 1 && sums[len - 2] * (double)counts[len - 1] >
				      sums[len - 1] * (double)counts[len - 2]) {
			sums[len - 2] += sums[len - 1];
			counts[len - 2] += counts[len - 1];
			len--;
		}
	}
	for (size_t i = 0; i < len; i++)
		squares -= sums[i] * sums[i] / (double)counts[i];
	*out = (struct fit){.residue = fmax(0, squares)};
	out->bic =
	    p->count ? fit_score(out->residue, p->count, noise, 3) : INFINITY;
}

/* Prefix sums of y and its squares. */
struct fit_sums {
	double y[FIT_MAX + 1], square[FIT_MAX + 1];
};

/* Squared residuals of points [from, end) about their mean. */
static double fit_level_residue(
    const struct fit_sums *s, size_t from, size_t end)
{
	double sum = s->y[end] - s->y[from];
	double square = s->square[end] - s->square[from];

	return fmax(0, square - sum * sum / (double)(end - from));
}

void fit_steps(const struct fit_points *p, double noise, struct fit *out)
{
	double best[2][FIT_MAX + 1];
	struct fit_sums sums = {{0}, {0}};

	*out = (struct fit){.bic = INFINITY};
	for (size_t i = 0; i < p->count; i++) {
		double y = p->y[i] - p->y[0];

		sums.y[i + 1] = sums.y[i] + y;
		sums.square[i + 1] = sums.square[i] + y * y;
		best[1][i + 1] = fit_level_residue(&sums, 0, i + 1);
	}
	for (size_t levels = 1; levels <= FIT_STEPS && levels <= p->count;
	     levels++) {
		double *now = best[levels % 2], *next = best[!(levels % 2)];
		double bic = fit_score(
		    now[p->count], p->count, noise, (double)(2 * levels - 1));

		if (bic < out->bic)
			*out = (struct fit){.levels = levels,
			    .bic = bic,
			    .residue = now[p->count]};
		for (size_t end = levels + 1; end <= p->count; end++) {
			next[end] = INFINITY;
			for (size_t from = levels; from < end; from++)
				next[end] = fmin(next[end],
				    now[from] +
					fit_level_residue(&sums, from, end));
		}
	}
}
