// SPDX-License-Identifier: MIT
//
// Two runs from a common start, and the second less the first at each of the
// second's samples that the first still lasts.
#include "chart/build.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/downsample.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"

/* Memory is interpolated between two samples. */
static double difference_memory_at(const struct series *series, double time_s)
{
	size_t at = series_find(series, time_s);
	const struct sample *next = &series->items[at], *before = next - 1;
	double share;

	if (at == series->len)
		return NAN;
	if (at == 0)
		return next->time_s == time_s ? next->mib : NAN;
	share = (time_s - before->time_s) / (next->time_s - before->time_s);
	return before->mib + share * (next->mib - before->mib);
}

static void difference_subtract(const struct series *a, const struct series *b,
    double shift_s, struct series *out)
{
	for (size_t i = 0; i < b->len; i++) {
		const struct sample *sample = &b->items[i];
		double before =
		    difference_memory_at(a, sample->time_s - shift_s);

		if (isfinite(before))
			series_add_derived(
			    out, sample->time_s, sample->mib - before);
	}
}

/* The largest difference, positive or negative. */
static double difference_furthest(const struct series *difference)
{
	double most = 0;

	for (size_t i = 0; i < difference->len; i++) {
		if (fabs(difference->items[i].mib) > fabs(most))
			most = difference->items[i].mib;
	}
	return most;
}

/* "new.dat against main.dat", unless a title was given. */
static void difference_title(
    struct scene *scene, const struct chart_request *request)
{
	char *raw;

	if (request->title)
		return;
	raw = mem_format(
	    "%s against %s", request->runs[1].name, request->runs[0].name);
	free(scene->title);
	scene->title = utf8_clean_copy(raw);
	free(raw);
}

int chart_difference(
    struct scene *scene, const struct chart_request *request, struct err *e)
{
	double zero_a = build_zero(request, 0);
	double zero_b = build_zero(request, request->len > 1);
	const struct series *b;
	struct series *difference;
	struct scene_line *line;
	char text[UNITS_TEXT];

	if (chart_timeline(scene, request, e) != 0)
		return -1;
	if (request->len != 2)
		return err_set(e, "--difference: takes two recordings");
	difference_title(scene, request);
	b = &request->runs[1].run->total;
	difference = scene_own_series(scene);
	difference_subtract(
	    &request->runs[0].run->total, b, zero_b - zero_a, difference);
	if (difference->len == 0)
		return 0;
	line = build_line(&scene->panels.items[0], difference, zero_b,
	    downsample_gap(difference));
	line->kind = SCENE_TREND;
	line->role = ROLE_OTHER;
	line->in_legend = true;
	line->name = mem_copy("difference");
	line->detail = mem_format("%s at its largest",
	    units_size(text, difference_furthest(difference)));
	build_memory_axis(scene, &scene->panels.items[0], request);
	return 0;
}
