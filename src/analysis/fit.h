/* SPDX-License-Identifier: MIT
 *
 * Shapes that a lower envelope may have, fitted by least squares to at most
 * FIT_MAX points whose x ascends within 0 to 1:
 *   line        y = a + c x
 *   saturating  y = a + b (1 - exp(-x / tau))
 *   slowing     y = a + b log(1 + x / tau): never full, ever slower
 *   rising      y = a + b (exp(x / tau) - 1) / (exp(1 / tau) - 1)
 *   both        y = a + b (1 - exp(-x / tau)) + c x
 *   fills       y = a + c min(x, h): growing until x = h, then flat
 *   starts      y = a + c max(0, x - h): flat until x = h, then growing
 *   steps       constant between at most FIT_STEPS - 1 jumps, the best
 *               partition by dynamic programming (Bellman 1961)
 * Shapes are weighed by Schwarz's criterion (BIC, 1978).
 */
#ifndef MPROF_ANALYSIS_FIT_H
#define MPROF_ANALYSIS_FIT_H

#include <stddef.h>

enum { FIT_MAX = 96, FIT_STEPS = 9 };

struct fit_points {
	const double *x, *y;
	size_t count;
};

struct fit {
	double a, b, c, tau, h;
	double c_error; /* standard error of c; 0 for shapes without */
	double residue; /* sum of the squared residuals */
	double bic;     /* lower is better; comparable for the same points */
	size_t levels;  /* number of steps */
};

/* noise: deviations below it mean nothing (the rounding of figures, say), so
 * that two perfect fits are compared by their size. */
void fit_line(const struct fit_points *p, double noise, struct fit *out);

/* The best tau on a grid from first to last. */
void fit_saturating(const struct fit_points *p, double noise, double first,
    double last, struct fit *out);
void fit_slowing(const struct fit_points *p, double noise, double first,
    double last, struct fit *out);
void fit_rising(const struct fit_points *p, double noise, double first,
    double last, struct fit *out);
void fit_both(const struct fit_points *p, double noise, double first,
    double last, struct fit *out);

/* The best h on a grid from first to last. */
void fit_fills(const struct fit_points *p, double noise, double first,
    double last, struct fit *out);
void fit_starts(const struct fit_points *p, double noise, double first,
    double last, struct fit *out);

void fit_steps(const struct fit_points *p, double noise, struct fit *out);

/* The best non-decreasing function, by pooling adjacent violators (Ayer and
 * others 1955): no rising curve has a lower residue. bic counts three
 * parameters, as for a curve. */
void fit_monotone(const struct fit_points *p, double noise, struct fit *out);

#endif
