// SPDX-License-Identifier: MIT
//
// Many recordings over each other: a band from the lowest to the highest with
// the median in it, and by name those that failed or stand apart.
#include <math.h>
#include <stdlib.h>

#include "analysis/downsample.h"
#include "analysis/robust.h"
#include "base/mem.h"
#include "base/units.h"
#include "chart/build.h"

enum {
	COLUMNS = 1000,
	MOST_NAMED = ROLE_SERIES_COUNT - 1, /* each in another colour */
};

/* A run, and how far it is from the others; failures count as farthest. */
struct band_member {
	size_t run;
	double peak_mib, distance;
};

struct set_band {
	struct scene *scene;
	const struct chart_request *request;
	struct band_member *members; /* sorted, the farthest first */
	size_t len, odd, named;
	/* Figures of the members after the named ones, by column; NAN: none. */
	double *lowest, *highest, *values;
};

static int band_compare_distances(const void *left, const void *right)
{
	const struct band_member *a = left, *b = right;

	if (a->distance != b->distance)
		return a->distance < b->distance ? 1 : -1;
	return (a->run > b->run) - (a->run < b->run);
}

static int band_compare_peaks(const void *left, const void *right)
{
	const struct band_member *a = left, *b = right;

	if (a->peak_mib != b->peak_mib)
		return a->peak_mib < b->peak_mib ? 1 : -1;
	return (a->run > b->run) - (a->run < b->run);
}

/* Members of the spread are sorted by peak: an overview's index in the array
 * tells its run. Runs that are not drawn follow the others. */
static void band_judge(struct set_band *band, const struct build_set *set)
{
	for (size_t i = 0; i < set->spread.members.len; i++) {
		const struct spread_member *at = &set->spread.members.items[i];
		struct band_member *member = &band->members[band->len];
		size_t run = (size_t)(at->overview - set->overviews);

		if (run >= band->request->len)
			continue;
		band->len++;
		member->run = run;
		member->peak_mib = at->overview->peak_mib;
		if (overview_has_failed(at->overview))
			member->distance = INFINITY;
		else if (spread_is_apart(at))
			member->distance = fmax(fabs(at->scores[SPREAD_PEAK].z),
			    fabs(at->scores[SPREAD_DURATION].z));
		band->odd += member->distance > 0;
	}
	qsort(band->members, band->len, sizeof(band->members[0]),
	    band_compare_distances);
	band->named = band->odd < MOST_NAMED ? band->odd : MOST_NAMED;
	qsort(band->members, band->named, sizeof(band->members[0]),
	    band_compare_peaks);
}

void build_set_init(struct build_set *set, const struct chart_request *request)
{
	size_t len = request->len + request->others_len;

	set->len = len;
	set->overviews = mem_zero(len, sizeof(set->overviews[0]));
	for (size_t i = 0; i < len; i++) {
		const struct chart_run *at =
		    i < request->len ? &request->runs[i]
				     : &request->others[i - request->len];

		overview_init_run(&set->overviews[i], at->run, at->name);
	}
	spread_init(&set->spread, set->overviews, len);
}

void build_set_finish(struct build_set *set)
{
	spread_finish(&set->spread);
	for (size_t i = 0; i < set->len; i++)
		overview_finish(&set->overviews[i]);
	free(set->overviews);
}

static void band_init(struct set_band *band, struct scene *scene,
    const struct chart_request *request, const struct build_set *set)
{
	size_t len = request->len;

	*band = (struct set_band){.scene = scene,
	    .request = request,
	    .members = mem_zero(len + 1, sizeof(band->members[0]))};
	band_judge(band, set);
	band->lowest = mem_zero(COLUMNS, sizeof(double));
	band->highest = mem_zero(COLUMNS, sizeof(double));
	band->values = mem_zero(COLUMNS * (len + 1), sizeof(double));
	for (size_t k = 0; k < COLUMNS; k++) {
		band->lowest[k] = INFINITY;
		band->highest[k] = -INFINITY;
	}
	for (size_t i = 0; i < COLUMNS * (len + 1); i++)
		band->values[i] = NAN;
}

static void band_finish(struct set_band *band)
{
	free(band->members);
	free(band->lowest);
	free(band->highest);
	free(band->values);
}

static double band_step(const struct set_band *band)
{
	const struct axis *time = &band->scene->time;

	return (time->high - time->low) / COLUMNS;
}

/* The middle of a column, in axis seconds. */
static double band_time(const struct set_band *band, size_t column)
{
	return band->scene->time.low + ((double)column + 0.5) * band_step(band);
}

static void band_reach(struct set_band *band, size_t column, double mib)
{
	band->lowest[column] = fmin(band->lowest[column], mib);
	band->highest[column] = fmax(band->highest[column], mib);
}

/* Interpolates between two samples, but not across a gap. */
static void band_add_step(struct set_band *band, double *values,
    const struct sample *from, const struct sample *to)
{
	const struct axis *time = &band->scene->time;
	double first = ceil((from->time_s - time->low) / band_step(band) - 0.5);
	double length = to->time_s - from->time_s;

	for (size_t k = (size_t)fmax(0, first);
	     k < COLUMNS && band_time(band, k) <= to->time_s; k++) {
		double share =
		    length > 0 ? (band_time(band, k) - from->time_s) / length
			       : 0;

		values[k] = from->mib + share * (to->mib - from->mib);
		band_reach(band, k, values[k]);
	}
}

static void band_add_run(struct set_band *band, size_t nth)
{
	size_t run = band->members[nth].run;
	const struct series *total = &band->request->runs[run].run->total;
	double zero_s = build_zero(band->request, run);
	double gap_s = downsample_gap(total);
	const struct axis *time = &band->scene->time;
	struct sample before = {0};

	for (size_t i = 0; i < total->len; i++) {
		struct sample at = {
		    total->items[i].time_s - zero_s, total->items[i].mib};
		double column =
		    floor((at.time_s - time->low) / band_step(band));

		if (column >= 0 && column < COLUMNS)
			band_reach(band, (size_t)column, at.mib);
		if (i > 0 && (gap_s <= 0 || at.time_s - before.time_s <= gap_s))
			band_add_step(
			    band, band->values + nth * COLUMNS, &before, &at);
		before = at;
	}
}

static double band_median(const struct set_band *band, size_t column)
{
	double *values = mem_zero(band->len + 1, sizeof(values[0]));
	size_t count = 0;
	double median;

	for (size_t i = band->named; i < band->len; i++) {
		double mib = band->values[i * COLUMNS + column];

		if (isfinite(mib))
			values[count++] = mib;
	}
	median = count > 0 ? robust_median(values, count) : NAN;
	free(values);
	return median;
}

static struct scene_line *band_add_line(struct set_band *band,
    struct scene_panel *panel, const struct series *series)
{
	struct scene_line *line =
	    build_line(panel, series, 0, 1.5 * band_step(band));

	line->role = ROLE_TOTAL;
	return line;
}

/* "median of 9 others": of those without a line of their own. */
static char *band_name(const struct set_band *band, const char *what)
{
	return mem_format("%s of %zu%s", what, band->len - band->named,
	    band->named > 0 ? " others" : "");
}

static struct scene_line *band_add_curve(struct set_band *band,
    struct scene_panel *panel, const struct series *series, const char *what,
    const char *most)
{
	struct scene_line *line = band_add_line(band, panel, series);
	char text[UNITS_TEXT];

	line->kind = SCENE_RUN;
	line->peak_mib = line->peak.mib;
	line->name = band_name(band, what);
	line->detail =
	    mem_format("%s %s", most, units_size(text, line->peak.mib));
	return line;
}

static void band_add_area(struct set_band *band, struct scene_panel *panel,
    const struct series *low, const struct series *high)
{
	struct scene_line *line = band_add_line(band, panel, high);
	double lowest = INFINITY, highest = 0;
	char text[2][UNITS_TEXT];

	for (size_t i = band->named; i < band->len; i++) {
		lowest = fmin(lowest, band->members[i].peak_mib);
		highest = fmax(highest, band->members[i].peak_mib);
	}
	line->kind = SCENE_STACKED;
	line->base = low;
	line->light = true;
	line->name = band_name(band, "lowest to highest");
	line->detail = mem_format("peaks %s to %s", units_size(text[0], lowest),
	    units_size(text[1], highest));
}

/* In a page that can show layers, an area would be taken for a layer: the
 * band's edges are drawn as lines there. */
static void band_add_lines(struct set_band *band, struct scene_panel *panel)
{
	struct series *low = scene_own_series(band->scene);
	struct series *high = scene_own_series(band->scene);
	struct series *median = scene_own_series(band->scene);

	for (size_t k = 0; k < COLUMNS; k++) {
		double at_s = band_time(band, k), mib = band_median(band, k);

		if (!isfinite(mib))
			continue;
		series_add(low, at_s, band->lowest[k]);
		series_add(high, at_s, band->highest[k]);
		series_add(median, at_s, mib);
	}
	if (band->request->layers) {
		band_add_curve(band, panel, high, "highest", "peak")->dashed =
		    true;
		band_add_curve(band, panel, low, "lowest", "peak")->dashed =
		    true;
	} else {
		band_add_area(band, panel, low, high);
	}
	band_add_curve(band, panel, median, "median", "highest");
}

size_t build_band(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, const struct build_set *set,
    size_t *runs)
{
	struct set_band band;
	char count[UNITS_COUNT];

	band_init(&band, scene, request, set);
	for (size_t i = band.named; i < band.len; i++)
		band_add_run(&band, i);
	if (band.named < band.len)
		band_add_lines(&band, panel);
	for (size_t i = 0; i < band.named; i++)
		runs[i] = band.members[i].run;
	if (band.odd > band.named)
		*array_push(&scene->notes) =
		    mem_format("%s in the band; mprof peak names them",
			units_count(count, band.odd - band.named,
			    "other that stands apart or failed is",
			    "others that stand apart or failed are"));
	band_finish(&band);
	return band.named;
}

size_t build_choose(const struct chart_request *request,
    const struct build_set *set, size_t *runs)
{
	struct set_band band = {.request = request,
	    .members = mem_zero(request->len + 1, sizeof(band.members[0]))};
	size_t count;

	band_judge(&band, set);
	qsort(band.members + band.named, band.len - band.named,
	    sizeof(band.members[0]), band_compare_peaks);
	count = band.len < ROLE_SERIES_COUNT ? band.len : ROLE_SERIES_COUNT;
	qsort(band.members, count, sizeof(band.members[0]), band_compare_peaks);
	for (size_t i = 0; i < count; i++)
		runs[i] = band.members[i].run;
	free(band.members);
	return count;
}
