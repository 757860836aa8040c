// SPDX-License-Identifier: MIT
#include "render/html.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "analysis/downsample.h"
#include "layout/layout.h"

/* Number of samples to try first; at five bytes each, many more would only be
 * encoded to be dropped. */
#define MOST_SAMPLES 400000
#define STEPS_PER_MIB 1024
/* Whole numbers that a double, and so the page's script, represents exactly. */
#define LARGEST 1e15

static long long html_series_whole(double value)
{
	return llround(fmax(-LARGEST, fmin(LARGEST, value)));
}

static unsigned long long html_series_zigzag(long long value)
{
	return value < 0 ? 2ull * (unsigned long long)-value - 1
			 : 2ull * (unsigned long long)value;
}

static void html_put_integer(struct html_bytes *bytes, unsigned long long value)
{
	while (value > 127) {
		*array_push(bytes) = (unsigned char)(value | 128);
		value >>= 7;
	}
	*array_push(bytes) = (unsigned char)value;
}

/* The mean of all samples in each step: those that are kept are extremes, with
 * another mean. */
static void html_series_encode_means(
    struct html_series *series, const struct downsample *kept)
{
	long column = 0;
	long long steps = 0;

	series->means.len = 0;
	for (size_t i = 0; i < kept->means.len; i++) {
		const struct downsample_mean *mean = &kept->means.items[i];
		long long now = html_series_whole(mean->mib * STEPS_PER_MIB);

		html_put_integer(&series->means,
		    (unsigned long long)(mean->column - column));
		html_put_integer(
		    &series->means, html_series_zigzag(now - steps));
		column = mean->column;
		steps = now;
	}
}

const struct series *html_series_samples(const struct html_series *series)
{
	return series->line->base ? &series->heights : series->line->samples;
}

static void html_series_set_heights(struct html_series *series)
{
	const struct series *top = series->line->samples;
	const struct series *base = series->line->base;

	for (size_t i = 0; base && i < top->len && i < base->len; i++)
		series_add(&series->heights, top->items[i].time_s,
		    top->items[i].mib - base->items[i].mib);
}

static void html_series_encode(struct html_series *series,
    const struct downsample *kept, double ticks_per_s)
{
	long long ticks = 0, steps = 0;

	series->bytes.len = 0;
	series->count = kept->points.len;
	for (size_t i = 0; i < kept->points.len; i++) {
		const struct downsample_point *p = &kept->points.items[i];
		double place = p->time_s - series->line->zero_s;
		long long now = html_series_whole(place * ticks_per_s);
		long long mib = html_series_whole(p->mib * STEPS_PER_MIB);
		unsigned long long change = html_series_zigzag(mib - steps);

		html_put_integer(
		    &series->bytes, i == 0 ? html_series_zigzag(now)
					   : (unsigned long long)(now - ticks));
		html_put_integer(
		    &series->bytes, 2 * change + (p->starts ? 1 : 0));
		ticks = now;
		steps = mib;
	}
}

/* Thins one series to at most that many samples, four for each column. */
static void html_pack_series(
    struct html_series *series, size_t most, double ticks_per_s)
{
	const struct series *all = html_series_samples(series);
	struct downsample_view view = {.gap_s = series->line->gap_s};
	struct downsample kept;

	series->samples = all->len;
	series->step_s = 0;
	if (all->len == 0)
		return;
	view.from_s = all->items[0].time_s;
	view.to_s = all->items[all->len - 1].time_s;
	if (view.to_s <= view.from_s)
		view.to_s = view.from_s + 1;
	view.columns = most / 4 ? most / 4 : 1;
	view.every = all->len <= most;
	if (!view.every)
		series->step_s =
		    (view.to_s - view.from_s) / (double)view.columns;
	downsample_m4(&kept, all, &view);
	html_series_encode(series, &kept, ticks_per_s);
	series->means.len = 0;
	series->first_s = view.from_s - series->line->zero_s;
	if (!view.every)
		html_series_encode_means(series, &kept);
	downsample_finish(&kept);
}

/* The layers of a stack keep the same times, as many as fit. */
static void html_pack_layer(struct html_series *series,
    const struct stack_times *times, double ticks_per_s)
{
	const struct series *all = &series->heights;
	struct downsample kept = {0}, means;
	struct downsample_view view = {.columns = times->len};

	series->samples = all->len;
	series->step_s = 0;
	series->means.len = 0;
	if (times->len < all->len) {
		view.from_s = all->items[0].time_s;
		view.to_s = all->items[all->len - 1].time_s;
		series->step_s = (view.to_s - view.from_s) / (double)times->len;
		series->first_s = view.from_s - series->line->zero_s;
		downsample_m4(&means, all, &view);
		html_series_encode_means(series, &means);
		downsample_finish(&means);
	}
	for (size_t i = 0; i < times->len; i++) {
		const struct sample *at = &all->items[times->items[i]];

		assert(times->items[i] < all->len);
		*array_push(&kept.points) = (struct downsample_point){
		    at->time_s, at->mib, (long)i, times->starts[i]};
	}
	html_series_encode(series, &kept, ticks_per_s);
	downsample_finish(&kept);
}

/* The share of each series so that all together keep at most that many samples:
 * short ones are kept whole, and long ones share the rest. */
static size_t html_fair_share(const struct html_pack *pack, size_t most)
{
	size_t share = 0, left = most, long_ones = pack->series.len;

	while (long_ones > 0 && left / long_ones > share) {
		share = left / long_ones;
		left = most;
		long_ones = 0;
		for (size_t i = 0; i < pack->series.len; i++) {
			size_t len =
			    html_series_samples(&pack->series.items[i])->len;

			if (len <= share)
				left -= len < left ? len : left;
			else
				long_ones++;
		}
	}
	return share;
}

static size_t html_pack_all(struct html_pack *pack, size_t most)
{
	size_t share = html_fair_share(pack, most), bytes = 0;
	struct stack_times times = {0};

	if (pack->top)
		times = stack_times_choose(
		    pack->top, pack->layers * pack->top->samples->len, most);
	for (size_t i = 0; i < pack->series.len; i++) {
		struct html_series *series = &pack->series.items[i];
		bool in_stack = i < pack->lines + pack->stack;

		if (pack->top && in_stack && scene_is_layer(series->line))
			html_pack_layer(series, &times, pack->ticks_per_s);
		else
			html_pack_series(series, share, pack->ticks_per_s);
		bytes += series->bytes.len + series->means.len;
	}
	stack_times_finish(&times);
	return bytes;
}

static void html_add_line(struct html_pack *pack, const struct scene_line *line)
{
	struct html_series *series = array_push(&pack->series);
	double interval = downsample_interval(line->samples);

	*series = (struct html_series){.line = line};
	html_series_set_heights(series);
	if (interval > 0 && interval < 0.001)
		pack->ticks_per_s = 1e6;
}

static void html_add_lines(
    struct html_pack *pack, const struct scene_line *lines, size_t len)
{
	const struct scene_line *top = scene_top_layer(lines, len);

	for (size_t i = 0; i < len; i++) {
		html_add_line(pack, &lines[i]);
		pack->layers += scene_is_layer(&lines[i]);
	}
	if (top)
		pack->top = top;
}

void html_pack(struct html_pack *pack, const struct scene *scene, size_t budget)
{
	size_t most = MOST_SAMPLES, bytes;

	*pack = (struct html_pack){.ticks_per_s = 1e4};
	for (size_t p = 0; p < scene->panels.len; p++) {
		const struct scene_panel *panel = &scene->panels.items[p];

		if (panel->kind != PANEL_USAGE)
			html_add_lines(
			    pack, panel->lines.items, panel->lines.len);
	}
	pack->lines = pack->series.len;
	for (size_t p = 0; p < scene->panels.len; p++)
		html_add_lines(pack, scene->panels.items[p].layers.items,
		    scene->panels.items[p].layers.len);
	pack->stack = pack->series.len - pack->lines;
	for (size_t p = 0; p < scene->panels.len; p++) {
		const struct scene_panel *panel = &scene->panels.items[p];

		for (size_t i = 0;
		     panel->kind == PANEL_USAGE && i < panel->lines.len; i++)
			html_add_line(pack, &panel->lines.items[i]);
	}
	bytes = html_pack_all(pack, most);
	while (bytes > budget && most > 4 * pack->series.len) {
		most = (size_t)((double)most * (double)budget / (double)bytes *
				0.97);
		bytes = html_pack_all(pack, most);
	}
}

void html_pack_finish(struct html_pack *pack)
{
	for (size_t i = 0; i < pack->series.len; i++) {
		series_finish(&pack->series.items[i].heights);
		array_free(&pack->series.items[i].bytes);
		array_free(&pack->series.items[i].means);
	}
	array_free(&pack->series);
}
