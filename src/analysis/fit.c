// SPDX-License-Identifier: MIT
#include "analysis/fit.h"

#include <math.h>
#include <string.h>

enum { TERMS = 3, GRID = 28, FINER = 6 };

static double score(
    double residue, size_t count, double noise, double parameters)
{
	double n = (double)count;
	double floor = n * noise * noise;

	return n * log((residue + floor) / n) + parameters * log(n);
}

/* Solves the symmetric normal equations of size terms in place by Gauss and
 * Jordan; inverse gets the inverse. -1 where they are singular. */
static int solve(
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
	double tau; /* 0: no term that bends */
	size_t terms;
	int line;          /* which term is x; 0: none */
	double from, upto; /* the line's x is kept between them */
	enum { ENDS, SLOWS, RISES } bend;
};

static const struct basis whole_line = {0, 2, 1, 0, 1, ENDS};

static double bent(const struct basis *basis, double x)
{
	switch (basis->bend) {
	case SLOWS:
		return log1p(x / basis->tau);
	case RISES:
		return expm1(x / basis->tau) / expm1(1 / basis->tau);
	default:
		return 1 - exp(-x / basis->tau);
	}
}

static void terms_at(const struct basis *basis, double x, double *terms)
{
	terms[0] = 1;
	if (basis->tau > 0)
		terms[1] = bent(basis, x);
	if (basis->line)
		terms[basis->line] = fmin(fmax(x, basis->from), basis->upto);
}

/* Fills the terms at each point and sums up the normal equations. */
static void sum_up(const struct fit_points *p, const struct basis *basis,
    double terms[FIT_MAX][TERMS], double normal[TERMS][TERMS],
    double right[TERMS])
{
	for (size_t i = 0; i < p->count; i++) {
		double *at = terms[i];

		terms_at(basis, p->x[i], at);
		for (size_t r = 0; r < basis->terms; r++) {
			right[r] += at[r] * (p->y[i] - p->y[0]);
			for (size_t c = 0; c <= r; c++)
				normal[r][c] += at[r] * at[c];
		}
	}
	for (size_t r = 0; r < basis->terms; r++) {
		for (size_t c = r + 1; c < basis->terms; c++)
			normal[r][c] = normal[c][r];
	}
}

/* Least squares on the basis; leaves out->bic to the caller. */
static int regress(
    const struct fit_points *p, const struct basis *basis, struct fit *out)
{
	double normal[TERMS][TERMS] = {{0}}, inverse[TERMS][TERMS];
	double right[TERMS] = {0}, solved[TERMS] = {0}, terms[FIT_MAX][TERMS];
	double free = (double)p->count - (double)basis->terms;

	sum_up(p, basis, terms, normal, right);
	if (solve(normal, basis->terms, inverse) != 0)
		return -1;
	for (size_t r = 0; r < basis->terms; r++) {
		for (size_t c = 0; c < basis->terms; c++)
			solved[r] += inverse[r][c] * right[c];
	}
	*out = (struct fit){.a = solved[0] + p->y[0], .tau = basis->tau};
	out->b = basis->tau > 0 ? solved[1] : 0;
	out->c = basis->line ? solved[basis->line] : 0;
	for (size_t i = 0; i < p->count; i++) {
		double off = p->y[i] - p->y[0];

		for (size_t r = 0; r < basis->terms; r++)
			off -= solved[r] * terms[i][r];
		out->residue += off * off;
	}
	if (basis->line && free > 0)
		out->c_error = sqrt(out->residue / free *
				    fmax(0, inverse[basis->line][basis->line]));
	return 0;
}

void fit_line(const struct fit_points *p, double noise, struct fit *out)
{
	*out = (struct fit){.bic = INFINITY};
	if (regress(p, &whole_line, out) == 0)
		out->bic = score(out->residue, p->count, noise, 2);
	else
		out->bic = INFINITY;
}

/* Keeps the better of out and the basis at this tau. */
static void try_tau(const struct fit_points *p, double noise,
    struct basis basis, double tau, struct fit *out)
{
	struct fit tried;

	basis.tau = tau;
	if (regress(p, &basis, &tried) != 0)
		return;
	/* One more parameter than terms: tau. */
	tried.bic =
	    score(tried.residue, p->count, noise, (double)basis.terms + 1);
	if (tried.bic < out->bic)
		*out = tried;
}

/* The best of a grid, then of ever finer ones about it: a large curve that is
 * slightly off would hide a small line. */
static void fit_grid(const struct fit_points *p, double noise,
    const double range[2], struct basis basis, struct fit *out)
{
	double step = pow(range[1] / range[0], 1.0 / (GRID - 1));

	*out = (struct fit){.bic = INFINITY};
	basis.terms = basis.line ? 3 : 2;
	basis.upto = 1;
	for (int i = 0; i < GRID; i++)
		try_tau(p, noise, basis, range[0] * pow(step, i), out);
	for (int finer = 0; finer < FINER && isfinite(out->bic); finer++) {
		double tau = out->tau;

		step = sqrt(step);
		try_tau(p, noise, basis, fmin(tau * step, range[1]), out);
		try_tau(p, noise, basis, fmax(tau / step, range[0]), out);
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

/* A line with one bend at h: flat behind it (fills) or before it. */
static void fit_bend(const struct fit_points *p, double noise,
    const double range[2], int fills, struct fit *out)
{
	*out = (struct fit){.bic = INFINITY};
	for (int i = 0; i < GRID; i++) {
		double h = range[0] + (range[1] - range[0]) * i / (GRID - 1);
		struct basis basis = whole_line;
		struct fit tried;

		basis.from = fills ? 0 : h;
		basis.upto = fills ? h : 1;
		if (regress(p, &basis, &tried) != 0)
			continue;
		tried.bic = score(tried.residue, p->count, noise, 3);
		tried.h = h;
		if (tried.bic < out->bic)
			*out = tried;
	}
}

void fit_fills(const struct fit_points *p, double noise, double first,
    double last, struct fit *out)
{
	fit_bend(p, noise, (double[]){first, last}, 1, out);
}

void fit_starts(const struct fit_points *p, double noise, double first,
    double last, struct fit *out)
{
	fit_bend(p, noise, (double[]){first, last}, 0, out);
}

/* Sums of y and of its squares up to each point. */
struct sums {
	double y[FIT_MAX + 1], square[FIT_MAX + 1];
};

/* The squared residuals of points [from, end) about their mean. */
static double level_residue(const struct sums *s, size_t from, size_t end)
{
	double sum = s->y[end] - s->y[from];
	double square = s->square[end] - s->square[from];

	return fmax(0, square - sum * sum / (double)(end - from));
}

void fit_steps(const struct fit_points *p, double noise, struct fit *out)
{
	double best[2][FIT_MAX + 1];
	struct sums sums = {{0}, {0}};

	*out = (struct fit){.bic = INFINITY};
	for (size_t i = 0; i < p->count; i++) {
		double y = p->y[i] - p->y[0];

		sums.y[i + 1] = sums.y[i] + y;
		sums.square[i + 1] = sums.square[i] + y * y;
		best[1][i + 1] = level_residue(&sums, 0, i + 1);
	}
	for (size_t levels = 1; levels <= FIT_STEPS && levels <= p->count;
	     levels++) {
		double *now = best[levels % 2], *next = best[!(levels % 2)];
		double bic = score(
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
					level_residue(&sums, from, end));
		}
	}
}
