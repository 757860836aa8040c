// SPDX-License-Identifier: MIT
#include "analysis/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/leak.h"
#include "analysis/trend.h"
#include "profile/run.h"

static double figures_area_of(
    const struct sample *first, const struct sample *last)
{
	double area = 0;

	for (const struct sample *s = first; s < last; s++)
		area += s->mib * (s[1].time_s - s->time_s);
	return area;
}

double growth_of_run(const struct run *run, struct leak *leak)
{
	struct trend trend;

	leak_judge(&run->total, run->exit.recorded, leak);
	return trend_of(&trend, &run->total, leak) ? trend.mib_per_s : NAN;
}

int figures_of_series(const struct series *series, double from_s,
    double until_s, struct figures *out)
{
	size_t begin = series_find(series, from_s);
	size_t end = series_find(series, until_s);
	const struct sample *first = series->items + begin, *last;

	*out = (struct figures){0};
	if (begin >= end)
		return -1;
	last = series->items + end - 1;
	out->peak_mib = first->mib;
	for (const struct sample *s = first; s <= last; s++)
		out->peak_mib = fmax(out->peak_mib, s->mib);
	out->duration_s = last->time_s - first->time_s;
	out->area_mib_s = figures_area_of(first, last);
	out->mean_mib = out->duration_s > 0 ? out->area_mib_s / out->duration_s
					    : first->mib;
	out->growth_mib = last->mib - (begin > 0 ? first - 1 : first)->mib;
	return 0;
}

/* Takes the peaks that only high-water marks show. One whose time begins before
 * the phase, or ends after it, is perhaps another's. */
static void figures_add_news(
    struct phase *phase, const struct run *run, const struct series *news)
{
	double *highest = &phase->figures.peak_mib, perhaps_mib = 0;

	for (size_t i = series_find(news, phase->from_s); i < news->len; i++) {
		const struct sample *peak = &news->items[i];
		double since_s = run_peak_since_s(run, peak);

		if (since_s >= phase->until_s)
			continue;
		if (since_s >= phase->from_s && peak->time_s < phase->until_s) {
			*highest = fmax(*highest, peak->mib);
		} else if (peak->mib > perhaps_mib) {
			perhaps_mib = peak->mib;
			phase->perhaps_is_last = peak->time_s < phase->until_s;
		}
	}
	phase->perhaps_mib = perhaps_mib > *highest ? perhaps_mib : 0;
}

int figures_of_run(const struct run *run, struct figures *out)
{
	int got = figures_of_series(&run->total, -INFINITY, INFINITY, out);
	struct sample peak;

	if (got == 0)
		out->duration_s = run_last_s(run) - run_first_s(run);
	else
		out->mean_mib = out->area_mib_s = NAN;
	if (run_peak(run, &peak))
		out->peak_mib = peak.mib;
	out->cpu_percent = out->threads = out->gpu_mib = NAN;
	if (run->usage &&
	    usage_mean(run->usage, FIGURE_CPU, &out->cpu_percent) != 0)
		out->cpu_percent = NAN;
	if (run->usage &&
	    usage_most(run->usage, FIGURE_THREADS, &out->threads) != 0)
		out->threads = NAN;
	if (run->usage &&
	    usage_most(run->usage, FIGURE_GPU, &out->gpu_mib) != 0)
		out->gpu_mib = NAN;
	return run->peaks.len > 0 ? 0 : got;
}

static int figures_compare_marks(const void *a, const void *b)
{
	const struct mark *x = *(const struct mark *const *)a;
	const struct mark *y = *(const struct mark *const *)b;

	if (x->time_s != y->time_s)
		return x->time_s < y->time_s ? -1 : 1;
	return x < y ? -1 : x > y;
}

size_t phases_of_run(const struct run *run, struct phase **phases)
{
	size_t marks = run->marks.len, count = 0;
	const struct mark **order = mem_zero(marks, sizeof(order[0]));
	struct phase *made = mem_zero(marks + 1, sizeof(made[0]));
	double first_s = run_first_s(run), last_s = run_last_s(run);
	struct series news;

	run_unsampled_peaks(run, &news);
	for (size_t i = 0; i < marks; i++)
		order[i] = &run->marks.items[i];
	qsort(order, marks, sizeof(order[0]), figures_compare_marks);
	for (size_t i = 0; i <= marks; i++) {
		struct phase *phase = &made[count];

		phase->name = i ? order[i - 1]->label : "start";
		phase->from_s = i ? order[i - 1]->time_s : -INFINITY;
		phase->until_s = i < marks ? order[i]->time_s : INFINITY;
		if (figures_of_series(&run->total, phase->from_s,
			phase->until_s, &phase->figures) != 0) {
			if (i == 0)
				continue;
			phase->figures.peak_mib = order[i - 1]->mib;
			phase->figures.mean_mib = order[i - 1]->mib;
		}
		figures_add_news(phase, run, &news);
		phase->from_s = fmax(phase->from_s, first_s);
		phase->until_s = fmin(phase->until_s, last_s);
		phase->figures.duration_s =
		    fmax(0, phase->until_s - phase->from_s);
		count++;
	}
	free(order);
	series_finish(&news);
	*phases = made;
	return count;
}
