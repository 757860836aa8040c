// SPDX-License-Identifier: MIT
#include "analysis/compare.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"

#define NORMAL_POINT 1.96 /* 97.5 % point of the normal distribution */

/* The mean of more than MANY values is taken to be normally distributed. */
enum { RESAMPLES = 9999, ALL_PARTITIONS = 200000, MANY = 200 };

static double analysis_compare_mean(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return sum / (double)count;
}

static int analysis_compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The 97.5 % point of Student's t, by interpolation in 1 / freedom. */
static double compare_t_point(double freedom)
{
	static const double points[] = {12.706, 4.303, 3.182, 2.776, 2.571,
	    2.447, 2.365, 2.306, 2.262, 2.228};
	enum { LAST = sizeof(points) / sizeof(points[0]) };
	double below = floor(freedom), part;

	if (freedom >= LAST)
		return NORMAL_POINT +
		       (points[LAST - 1] - NORMAL_POINT) * LAST / freedom;
	if (freedom <= 1)
		return points[0];
	part = (1 / below - 1 / freedom) / (1 / below - 1 / (below + 1));
	return points[(int)below - 1] +
	       part * (points[(int)below] - points[(int)below - 1]);
}

/* The sum of squares about the mean, over count - 1. */
static double analysis_compare_variance(const double *values, size_t count)
{
	double middle = analysis_compare_mean(values, count), sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (values[i] - middle) * (values[i] - middle);
	return sum / (double)(count - 1);
}

/* A number of the standard normal distribution, by Box and Muller (1958). */
static double compare_random_normal(uint64_t *state)
{
	double radius = random_unit(state), angle = random_unit(state);

	return sqrt(-2 * log(1 - radius)) * cos(2 * M_PI * angle);
}

/* The values of one set, from which resamples are drawn. */
struct resampled {
	const double *values;
	size_t count;
	double mean, error; /* the standard error of the mean */
};

static struct resampled analysis_compare_resampled_of(
    const double *values, size_t count)
{
	double spread =
	    analysis_compare_variance(values, count) * (double)(count - 1);

	return (struct resampled){values, count,
	    analysis_compare_mean(values, count), sqrt(spread) / (double)count};
}

static double compare_mean_of_resample(
    const struct resampled *side, uint64_t *state)
{
	double sum = 0;

	if (side->count > MANY)
		return side->mean + side->error * compare_random_normal(state);
	for (size_t i = 0; i < side->count; i++)
		sum += side->values[random_next(state) % side->count];
	return sum / (double)side->count;
}

/* The factor by which to widen a percentile interval: resamples vary less than
 * samples, by (n - 1) / n, and few values need Student's t. */
static double analysis_compare_widening(
    const double *a, const double *b, const struct comparison *out)
{
	double na = (double)out->a_count, nb = (double)out->b_count;
	double va = analysis_compare_variance(a, out->a_count) / na;
	double vb = analysis_compare_variance(b, out->b_count) / nb;
	double shrunk = va * (na - 1) / na + vb * (nb - 1) / nb;

	if (shrunk <= 0)
		return 1;
	return sqrt((va + vb) / shrunk) / NORMAL_POINT *
	       compare_t_point((va + vb) * (va + vb) /
			       (va * va / (na - 1) + vb * vb / (nb - 1)));
}

static void analysis_compare_bootstrap(
    const double *a, const double *b, struct comparison *out)
{
	struct resampled from_a =
	    analysis_compare_resampled_of(a, out->a_count);
	struct resampled from_b =
	    analysis_compare_resampled_of(b, out->b_count);
	double widen = analysis_compare_widening(a, b, out);
	double *differences = mem_zero(RESAMPLES, sizeof(differences[0]));
	uint64_t state = 1;

	for (size_t i = 0; i < RESAMPLES; i++)
		differences[i] = compare_mean_of_resample(&from_b, &state) -
				 compare_mean_of_resample(&from_a, &state);
	qsort(differences, RESAMPLES, sizeof(differences[0]),
	    analysis_compare_doubles);
	out->low = out->difference +
		   widen * (differences[RESAMPLES / 40] - out->difference);
	out->high = out->difference +
		    widen * (differences[RESAMPLES - 1 - RESAMPLES / 40] -
				out->difference);
	free(differences);
}

/* A single run is taken to vary as much as the other set does. */
static void analysis_compare_predict(
    const double *values, size_t count, struct comparison *out)
{
	double half = compare_t_point((double)count - 1) *
		      sqrt(analysis_compare_variance(values, count) *
			   (1 + 1 / (double)count));

	out->low = out->difference - half;
	out->high = out->difference + half;
}

/* Counts the ways to choose, and stops above ALL_PARTITIONS. */
static double analysis_compare_partitions(size_t total, size_t chosen)
{
	double ways = 1;

	for (size_t i = 1; i <= chosen && ways <= ALL_PARTITIONS; i++)
		ways = ways * (double)(total - chosen + i) / (double)i;
	return ways;
}

struct permutation {
	const double *values; /* values of both sets */
	size_t total, chosen; /* chosen: size of the smaller set */
	/* Sum: of all values; observed: difference to reach. */
	double sum, observed;
	double extreme, tried;
};

static void compare_count_partition(struct permutation *p, double chosen_sum)
{
	double a = chosen_sum / (double)p->chosen;
	double b = (p->sum - chosen_sum) / (double)(p->total - p->chosen);

	p->tried++;
	p->extreme += fabs(b - a) >= p->observed * (1 - 1e-12);
}

static void compare_count_all(
    struct permutation *p, size_t from, size_t left, double chosen_sum)
{
	if (left == 0) {
		compare_count_partition(p, chosen_sum);
		return;
	}
	for (size_t i = from; i + left <= p->total; i++)
		compare_count_all(
		    p, i + 1, left - 1, chosen_sum + p->values[i]);
}

static void compare_count_random(struct permutation *p)
{
	double *shuffled = mem_zero(p->total, sizeof(shuffled[0]));
	uint64_t state = 2;

	memcpy(shuffled, p->values, p->total * sizeof(shuffled[0]));
	p->tried = p->extreme = 1; /* counts the observed partition */
	for (size_t i = 0; i < RESAMPLES; i++) {
		double sum = 0;

		for (size_t j = 0; j < p->chosen; j++) {
			size_t k =
			    j + (size_t)(random_next(&state) % (p->total - j));
			double swap = shuffled[j];

			shuffled[j] = shuffled[k];
			shuffled[k] = swap;
			sum += shuffled[j];
		}
		compare_count_partition(p, sum);
	}
	free(shuffled);
}

/* The difference of the means over all partitions has exactly this variance,
 * and is nearly normally distributed where both sets are large. */
static void compare_count_normal(struct permutation *p)
{
	double chosen = (double)p->chosen, rest = (double)p->total - chosen;
	double error = sqrt(analysis_compare_variance(p->values, p->total) *
			    (1 / chosen + 1 / rest));

	p->tried = 1;
	p->extreme = error > 0 ? erfc(p->observed / error / M_SQRT2) : 1;
}

static double analysis_compare_permutation_p(
    const double *a, const double *b, const struct comparison *c)
{
	struct permutation p = {.total = c->a_count + c->b_count,
	    .chosen = c->a_count < c->b_count ? c->a_count : c->b_count,
	    .observed = fabs(c->difference)};
	double *both = mem_zero(p.total, sizeof(both[0]));

	memcpy(both, a, c->a_count * sizeof(both[0]));
	memcpy(both + c->a_count, b, c->b_count * sizeof(both[0]));
	p.values = both;
	p.sum = analysis_compare_mean(both, p.total) * (double)p.total;
	if (analysis_compare_partitions(p.total, p.chosen) <= ALL_PARTITIONS)
		compare_count_all(&p, 0, p.chosen, 0);
	else if (p.chosen > MANY)
		compare_count_normal(&p);
	else
		compare_count_random(&p);
	free(both);
	return p.extreme / p.tried;
}

void compare_values(const double *a, size_t a_count, const double *b,
    size_t b_count, struct comparison *out)
{
	*out =
	    (struct comparison){.a_count = a_count, .b_count = b_count, .p = 1};
	out->a = analysis_compare_mean(a, a_count);
	out->b = analysis_compare_mean(b, b_count);
	out->difference = out->b - out->a;
	out->low = out->high = out->difference;
	out->relative = out->a != 0 ? out->difference / fabs(out->a) : 0;
	if (isnan(out->difference))
		return;
	out->repeated = a_count > 1 && b_count > 1;
	out->spread = a_count > 1 || b_count > 1;
	if (!out->repeated && out->spread)
		analysis_compare_predict(
		    a_count > 1 ? a : b, a_count > 1 ? a_count : b_count, out);
	if (!out->repeated)
		return;
	analysis_compare_bootstrap(a, b, out);
	out->least_p =
	    2 / analysis_compare_partitions(a_count + b_count, a_count);
	out->p = analysis_compare_permutation_p(a, b, out);
}
