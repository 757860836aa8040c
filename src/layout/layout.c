// SPDX-License-Identifier: MIT
#include "layout/layout.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "layout/drawing.h"
#include "layout/place.h"

void drawing_finish(struct drawing *drawing)
{
	for (size_t i = 0; i < drawing->shapes.len; i++)
		free(drawing->shapes.items[i].text);
	array_free(&drawing->shapes);
	array_free(&drawing->points);
	array_free(&drawing->clips);
	for (size_t i = 0; i < drawing->groups.len; i++)
		free(drawing->groups.items[i].title);
	array_free(&drawing->groups);
	free(drawing->title);
	*drawing = (struct drawing){0};
}

/* Size of text in a picture of the usual width. */
#define FONT 12

/* The page from top to bottom: title, facts, panels, time axis, legend, notes;
 * each takes part of the remaining space. */
struct page {
	struct place place;
	double top, bottom; /* remaining space */
	double left, right; /* of the panels */
	struct axis_ticks memory;
	double plot_top, plot_bottom; /* of all panels together */
	bool mirrored;                /* layout_mirror() is to follow */
};

/* Writes one line of text across the picture, shortened; returns its height. */
static double layout_put_row(
    struct place *place, const char *text, double y, struct text_run run)
{
	double room = place->drawing->width - 2 * place->margin;
	char *cut;

	run.text = text;
	cut = place_shorten(place, &run, room);
	if (!cut)
		return 0;
	run.text = cut;
	run.x = place->margin;
	run.y = y;
	if (*cut)
		place_text(place, &run);
	free(cut);
	return place_line_height(run.size);
}

static const char *layout_fact(const struct scene *scene, const char *label)
{
	for (size_t i = 0; i < scene->facts.len; i++) {
		if (strcmp(scene->facts.items[i].label, label) == 0)
			return scene->facts.items[i].value;
	}
	return NULL;
}

/* Parts of the line of facts, the most important ones first; what has no room
 * after these is left out. */
static const struct part {
	const char *label, *before;
	int rank;
} parts[] = {{"Finding", "", 0}, {"End", "", 0}, {"Recordings", "", 0},
    {"Set", "", 1}, {"Apart", "apart: ", 2}, {"Started", "", 6},
    {"Host", "", 7}, {"Duration", "", 4}, {"Window", "", 2},
    {"In the window", "", 2}, {"Peak", "peak ", 1}, {"Shared", "", 0},
    {"Ended", "", 3}, {"Limit", "limit ", 3}, {"Samples", "", 5}};

enum { PARTS = sizeof(parts) / sizeof(parts[0]), RANKS = 8 };

/* The value of a part. The finding has the run's end, duration and limit. */
static const char *layout_part_value(const struct scene *scene, size_t part)
{
	const char *label = parts[part].label;
	bool is_in_finding = strcmp(label, "Ended") == 0 ||
			     strcmp(label, "Limit") == 0 ||
			     strcmp(label, "Duration") == 0;

	/* The outliers are shown instead; the legend has all names. */
	if (strcmp(label, "Recordings") == 0 && layout_fact(scene, "Set"))
		return NULL;
	return is_in_finding && layout_fact(scene, "Finding")
		   ? NULL
		   : layout_fact(scene, label);
}

static char *layout_join_parts(const struct scene *scene, const bool *wanted)
{
	struct strbuf line = {0};

	for (size_t i = 0; i < PARTS; i++) {
		const char *value = layout_part_value(scene, i);

		if (!value || !wanted[i])
			continue;
		strbuf_separate(&line, "  \xc2\xb7  ");
		strbuf_add(&line, parts[i].before);
		strbuf_add(&line, value);
		if (strcmp(parts[i].label, "Samples") == 0)
			strbuf_add(&line,
			    strcmp(value, "1") == 0 ? " sample" : " samples");
	}
	return strbuf_take(&line);
}

/* As many facts as fit, in one line. */
static char *layout_subtitle(const struct place *place)
{
	double room = place->drawing->width - 2 * place->margin;
	struct text_run run = {.size = 0.92 * place->font};
	char *line = mem_copy("");
	bool wanted[PARTS] = {false};

	for (int rank = 0; rank < RANKS; rank++) {
		for (size_t i = 0; i < PARTS; i++) {
			char *longer;

			if (parts[i].rank != rank ||
			    !layout_part_value(place->scene, i))
				continue;
			wanted[i] = true;
			longer = layout_join_parts(place->scene, wanted);
			run.text = longer;
			wanted[i] = place_width(place, &run) <= room;
			free(wanted[i] ? line : longer);
			line = wanted[i] ? longer : line;
		}
	}
	return line;
}

static void layout_put_head(struct page *page)
{
	struct place *place = &page->place;
	struct text_run title = {
	    .size = 1.25 * place->font, .role = ROLE_TEXT, .bold = true};
	struct text_run facts = {
	    .size = 0.92 * place->font, .role = ROLE_TEXT_SOFT};
	char *line;

	page->top +=
	    layout_put_row(place, place->scene->title, page->top, title);
	if (place->drawing->height < 16 * place->font)
		return;
	line = layout_subtitle(place);
	page->top += layout_put_row(place, line, page->top, facts);
	free(line);
}

static void layout_put_foot(struct page *page)
{
	struct place *place = &page->place;
	double height = place->drawing->height, took;
	/* bars carry their names: lanes need the space more */
	bool lanes = scene_find(place->scene, PANEL_LANES) != NULL;
	double share = lanes ? 0.15 : 0.28;
	struct text_run soft = {
	    .size = 0.92 * place->font, .role = ROLE_TEXT_SOFT};

	for (size_t i = place->scene->notes.len; i-- > 0;) {
		if (height < 20 * place->font)
			break;
		page->bottom -= place_line_height(soft.size);
		layout_put_row(
		    place, place->scene->notes.items[i], page->bottom, soft);
	}
	took = layout_legend(place, page->bottom,
	    fmin(share * height, height - 14 * place->font));
	page->bottom -= took > 0 ? took + 0.5 * place->font : 0;
}

/* Returns the number of usage panels that fit, each this high with its title;
 * together they take at most USAGE_SHARE of the height. */
#define USAGE_SHARE 0.6

static size_t layout_count_usage(
    const struct page *page, double height, double *each)
{
	const struct scene *scene = page->place.scene;
	double least = 4.2 * page->place.font, most = 8 * page->place.font;
	size_t count = 0;

	for (size_t i = 0; i < scene->panels.len; i++)
		count += scene->panels.items[i].kind == PANEL_USAGE;
	if (count > 0 && height * USAGE_SHARE / (double)count < least)
		count = (size_t)(height * USAGE_SHARE / least);
	*each =
	    count > 0 ? fmin(most, height * USAGE_SHARE / (double)count) : 0;
	return count;
}

static double layout_usage_title_height(const struct page *page)
{
	return place_line_height(page->place.font) + 3;
}

static double layout_usage_size(const struct page *page)
{
	return 0.85 * page->place.font;
}

/* Ticks of a panel's axis: at least 0 and the highest value, more where there
 * is room. */
static void layout_usage_ticks(const struct page *page,
    const struct scene_panel *panel, double height, struct axis_ticks *ticks)
{
	axis_ticks(&panel->memory,
	    (size_t)fmax(2, height / (2.2 * page->place.font)), ticks);
}

static double layout_widest_tick(
    const struct place *place, const struct axis_ticks *ticks, double size)
{
	double widest = 0;

	for (size_t i = 0; i < ticks->len; i++) {
		struct text_run run = {
		    .text = ticks->items[i].label, .size = size};

		widest = fmax(widest, place_width(place, &run));
	}
	return widest;
}

/* The widest tick of the panels for which layout_count_usage() finds room. */
static double layout_widest_usage_tick(const struct page *page, double height)
{
	const struct scene *scene = page->place.scene;
	double each, widest = 0;
	size_t count = layout_count_usage(page, height, &each);

	for (size_t i = 0; i < scene->panels.len && count > 0; i++) {
		const struct scene_panel *panel = &scene->panels.items[i];
		struct axis_ticks ticks;

		if (panel->kind != PANEL_USAGE)
			continue;
		layout_usage_ticks(page, panel,
		    each - layout_usage_title_height(page), &ticks);
		widest = fmax(widest, layout_widest_tick(&page->place, &ticks,
					  layout_usage_size(page)));
		ticks_finish(&ticks);
		count--;
	}
	return widest;
}

/* The space around the panels: figures of their axes at the left, the unit of
 * memory above, the time axis and its title below. */
static void layout_measure_panels(struct page *page, const struct axis *memory)
{
	struct place *place = &page->place;
	double row = place_line_height(place->font), widest, height;

	page->plot_top = page->top + row + place->font;
	page->plot_bottom = page->bottom - 2 * row - 6;
	height = page->plot_bottom - page->plot_top;
	axis_ticks(memory,
	    (size_t)fmin(12, fmax(2, height / (3.4 * place->font))),
	    &page->memory);
	widest = fmax(layout_widest_tick(place, &page->memory, place->font),
	    layout_widest_usage_tick(page, height));
	page->left = ceil(place->margin + widest + 0.7 * place->font);
	page->right = floor(place->drawing->width - 1.5 * place->margin);
}

/* A title at x, aligned as align says, with labels kept away from it. */
static void layout_put_axis_title(
    struct place *place, struct text_run run, double align)
{
	double room = place->drawing->width - place->margin - run.x;
	char *cut = place_shorten(place, &run, room);

	run.text = cut;
	if (cut && *cut) {
		run.x += align * (room - place_width(place, &run));
		place_text(place, &run);
		*array_push(&place->taken) = place_box(place, &run);
	}
	free(cut);
}

static void layout_put_memory_title(struct page *page, const struct plot *plot)
{
	struct place *place = &page->place;
	const char *metric = layout_fact(place->scene, "Metric");
	char *title = mem_format(
	    "%s (%s)", metric ? metric : "memory", page->memory.unit);
	size_t taken = place->taken.len;
	struct text_run run = {.text = title,
	    .x = place->margin,
	    .y = plot->box.y - place_line_height(place->font) -
		 0.55 * place->font,
	    .size = 0.92 * place->font,
	    .role = ROLE_TEXT_SOFT};

	layout_put_axis_title(place, run, 0);
	free(title);
	/* the title stays; boxes of labels near it are mirrored */
	for (; page->mirrored && taken < place->taken.len; taken++) {
		struct draw_box *box = &place->taken.items[taken];

		box->x = page->left + page->right - box->x - box->w;
	}
}

/* A line across the plot for each tick, and its figure at the left where there
 * is room. */
static void layout_put_figures(struct place *place, const struct plot *plot,
    const struct axis_ticks *ticks, double size)
{
	double row = place_line_height(size), last = INFINITY;

	for (size_t i = 0; i < ticks->len; i++) {
		double y = round(place_y(plot, ticks->items[i].value)) + 0.5;
		struct text_run run = {.text = ticks->items[i].label,
		    .x = plot->box.x - 0.4 * place->font,
		    .y = y - row / 2,
		    .size = size,
		    .role = ROLE_TEXT,
		    .align = 1};

		place_stroke(place, ROLE_GRID, 1,
		    &(struct draw_box){plot->box.x, y, plot->box.w, 0}, NULL);
		if (run.y + row > last || run.y < plot->box.y - row / 2 - 1)
			continue;
		place_text(place, &run);
		last = run.y;
	}
}

/* Keeps a label of the time axis within the picture; in a very low plot, also
 * clear of the memory axis's figures. */
static struct draw_box layout_tick_box(
    const struct page *page, const struct text_run *run)
{
	struct draw_box box = place_box(&page->place, run);
	double font = page->place.font;
	bool low = page->plot_bottom - page->plot_top < 4 * font;
	double left = low ? page->left - 0.35 * font : 2;
	double right = page->place.drawing->width - 2;
	double ends = page->left + page->right;

	if (page->mirrored) {
		double leftmost = left;

		left = ends - right;
		right = ends - leftmost;
	}
	box.x = fmin(box.x, right - box.w);
	box.x = fmax(box.x, left);
	return box;
}

static struct text_run layout_tick_run(
    const struct page *page, const struct plot *plot, const struct tick *tick)
{
	return (struct text_run){.text = tick->label,
	    .x = place_x(&page->place, plot, tick->value),
	    .y = page->plot_bottom + 0.5 * page->place.font + 1,
	    .size = page->place.font,
	    .role = ROLE_TEXT,
	    .align = 0.5};
}

static bool layout_ticks_fit(const struct page *page, const struct plot *plot,
    const struct axis_ticks *ticks)
{
	double end = -INFINITY;

	for (size_t i = 0; i < ticks->len; i++) {
		struct text_run run =
		    layout_tick_run(page, plot, &ticks->items[i]);
		struct draw_box box = layout_tick_box(page, &run);

		if (box.x < end + page->place.font)
			return false;
		end = box.x + box.w;
	}
	return true;
}

static void layout_choose_time_ticks(
    const struct page *page, const struct plot *plot, struct axis_ticks *ticks)
{
	const struct axis *time = &page->place.scene->time;
	size_t most = (size_t)(plot->box.w / (5 * page->place.font));

	for (most = most < 2 ? 2 : most;; most--) {
		axis_ticks(time, most, ticks);
		if (most <= 2 || layout_ticks_fit(page, plot, ticks))
			return;
		ticks_finish(ticks);
	}
}

static void layout_put_time_title(
    struct page *page, const struct axis_ticks *ticks)
{
	struct place *place = &page->place;
	static const char *const names[] = {[AXIS_MEMORY] = "memory",
	    [AXIS_TIME] = "time",
	    [AXIS_CLOCK] = "time of day",
	    [AXIS_NUMBER] = "number"};
	const char *name = names[place->scene->time.kind];
	char *title = *ticks->unit ? mem_format("%s (%s)", name, ticks->unit)
				   : mem_copy(name);
	struct text_run run = {.text = title,
	    .x = page->left,
	    .y = page->plot_bottom + 0.5 * place->font +
		 place_line_height(place->font),
	    .size = 0.92 * place->font,
	    .role = ROLE_TEXT_SOFT};

	layout_put_axis_title(place, run, 0.5);
	free(title);
}

static void layout_put_time_labels(
    struct page *page, const struct plot *plot, const struct axis_ticks *ticks)
{
	double end = -INFINITY, edge = page->mirrored
					   ? page->left + page->right
					   : page->place.drawing->width;

	for (size_t i = 0; i < ticks->len; i++) {
		struct text_run run =
		    layout_tick_run(page, plot, &ticks->items[i]);
		struct draw_box box = layout_tick_box(page, &run);

		if (box.x < end + 0.3 * page->place.font ||
		    box.x + box.w > edge)
			continue;
		end = box.x + box.w;
		run.x = box.x;
		run.align = 0;
		place_text(&page->place, &run);
	}
	layout_put_time_title(page, ticks);
}

static void layout_put_time_grid(struct place *place, const struct plot *plot,
    const struct axis_ticks *ticks)
{
	for (size_t i = 0; i < ticks->len; i++) {
		double x = round(place_x(place, plot, ticks->items[i].value));

		place_stroke(place, ROLE_GRID, 1,
		    &(struct draw_box){x + 0.5, plot->box.y, 0, plot->box.h},
		    NULL);
	}
}

static void layout_put_frame(struct place *place, const struct plot *plot)
{
	const struct draw_box *box = &plot->box;
	double bottom = box->y + box->h + 0.5;

	place_stroke(place, ROLE_FRAME, 1,
	    &(struct draw_box){box->x, bottom, box->w, 0}, NULL);
	if (plot->panel->memory.low < 0 && plot->panel->memory.high > 0)
		place_stroke(place, ROLE_FRAME, 1,
		    &(struct draw_box){
			box->x, round(place_y(plot, 0)) + 0.5, box->w, 0},
		    NULL);
}

static struct plot layout_make_plot(
    struct page *page, const struct scene_panel *panel, double y, double h)
{
	struct drawing *drawing = page->place.drawing;
	struct plot plot = {.panel = panel};

	plot.box = (struct draw_box){page->left, round(y),
	    fmax(1, page->right - page->left), fmax(1, round(h))};
	*array_push(&drawing->clips) = plot.box;
	plot.clip = drawing->clips.len;
	return plot;
}

static void layout_put_memory(
    struct page *page, const struct plot *plot, const struct axis_ticks *time)
{
	struct place *place = &page->place;

	layout_gaps(place, plot);
	layout_put_time_grid(place, plot, time);
	layout_put_memory_title(page, plot);
	layout_put_figures(place, plot, &page->memory, place->font);
	layout_lines(place, plot);
	layout_put_frame(place, plot);
	if (plot->panel->spans.len > 0)
		layout_brackets(place, plot);
	layout_marks(place, plot);
}

static double layout_note_size(const struct page *page)
{
	return 0.9 * page->place.font;
}

/* The number of lanes of a group that leaves each high enough to be seen, and
 * room for a note below: a recursion hundreds of levels deep must not take the
 * space of other calls. SIZE_MAX: all. */
static size_t layout_choose_depth(
    const struct page *page, const struct scene_panel *lanes, double height)
{
	size_t low = 1, high = lanes->lanes;
	double least = 0.4 * page->place.font;
	double note = place_line_height(layout_note_size(page));

	if ((double)layout_lane_rows(lanes, SIZE_MAX) * least <= height ||
	    height < 4 * note)
		return SIZE_MAX;
	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;
		size_t rows = layout_lane_rows(lanes, middle);

		if ((double)rows * least <= height - note)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* Writes below the lanes how many levels are not shown; returns the height of
 * the text. */
static double layout_write_deeper(struct page *page, const struct plot *plot)
{
	const struct scene_panel *lanes = plot->panel;
	struct text_run run = {.x = plot->box.x + 2,
	    .size = layout_note_size(page),
	    .role = ROLE_TEXT_SOFT};
	size_t deepest = 0;
	char text[UNITS_COUNT], *shown;

	for (size_t i = 0; i < lanes->groups.len; i++) {
		if (lanes->groups.items[i].lanes > deepest)
			deepest = lanes->groups.items[i].lanes;
	}
	if (deepest <= plot->most_lanes)
		return 0;
	units_count(text, deepest - plot->most_lanes,
	    "deeper level is not shown", "deeper levels are not shown");
	run.text = text;
	run.y = plot->box.y + plot->box.h - place_line_height(run.size);
	shown = place_shorten(&page->place, &run, plot->box.w - 4);
	run.text = shown;
	if (shown)
		place_text(&page->place, &run);
	free(shown);
	return place_line_height(run.size);
}

static struct plot layout_put_lanes(struct page *page,
    const struct scene_panel *lanes, double height, size_t most,
    const struct axis_ticks *time)
{
	struct plot plot =
	    layout_make_plot(page, lanes, page->plot_bottom - height, height);

	plot.most_lanes = most;
	layout_put_time_grid(&page->place, &plot, time);
	plot.lane_height = (plot.box.h - layout_write_deeper(page, &plot)) /
			   (double)layout_lane_rows(lanes, most);
	layout_lanes(&page->place, &plot);
	return plot;
}

/* Height of a lane where there is enough room, in font sizes. */
#define LANE_HEIGHT 1.4

/* Lanes beside memory get at most half of the height, or what memory, which
 * needs this many font sizes, leaves. */
#define MEMORY_HEIGHT 25

static double layout_lanes_height(
    const struct page *page, const struct scene_panel *lanes, double height)
{
	double font = page->place.font;
	double needed =
	    (double)layout_lane_rows(lanes, SIZE_MAX) * LANE_HEIGHT * font;

	return fmin(needed, fmax(0.5 * height, height - MEMORY_HEIGHT * font));
}

/* Lanes alone get what they need, up to the whole height. */
static void layout_put_only_lanes(
    struct page *page, const struct scene_panel *lanes)
{
	double height = page->plot_bottom - page->plot_top;
	double needed =
	    (double)layout_lane_rows(lanes, SIZE_MAX) * 1.8 * page->place.font;
	struct plot plot =
	    layout_make_plot(page, lanes, page->plot_top, height);
	struct axis_ticks ticks;

	layout_choose_time_ticks(page, &plot, &ticks);
	plot = layout_put_lanes(
	    page, lanes, fmin(height, needed), SIZE_MAX, &ticks);
	layout_put_frame(&page->place, &plot);
	layout_put_time_labels(page, &plot, &ticks);
	ticks_finish(&ticks);
}

/* The figures of a single line follow the title; those of several are in the
 * legend. The title is at the left, also in a window given backwards. */
static void layout_put_usage_title(struct page *page, const struct plot *plot)
{
	struct place *place = &page->place;
	const struct scene_panel *panel = plot->panel;
	bool single = panel->lines.len == 1;
	char *title = single ? mem_format("%s: %s", panel->title,
				   panel->lines.items[0].detail)
			     : mem_copy(panel->title);
	struct text_run run = {.text = title,
	    .x = page->mirrored ? page->right : page->left,
	    .y = plot->box.y - place_line_height(0.92 * place->font) - 1,
	    .size = 0.92 * place->font,
	    .role = ROLE_TEXT_SOFT,
	    .align = page->mirrored ? 1 : 0};
	char *cut = place_shorten(place, &run, plot->box.w);

	run.text = cut;
	if (cut && *cut)
		place_text(place, &run);
	free(cut);
	free(title);
}

static void layout_put_usage(
    struct page *page, const struct plot *plot, const struct axis_ticks *time)
{
	struct axis_ticks figures;

	layout_usage_ticks(page, plot->panel, plot->box.h, &figures);
	layout_put_time_grid(&page->place, plot, time);
	layout_put_figures(
	    &page->place, plot, &figures, layout_usage_size(page));
	ticks_finish(&figures);
	layout_put_usage_title(page, plot);
	layout_lines(&page->place, plot);
	layout_put_frame(&page->place, plot);
}

/* Usage panels are placed below everything else, from the top down; the page's
 * plot_bottom is temporarily above them. */
static void layout_put_all_usage(
    struct page *page, double each, size_t count, const struct axis_ticks *time)
{
	const struct scene *scene = page->place.scene;
	double title = layout_usage_title_height(page), y = page->plot_bottom;

	for (size_t i = 0; i < scene->panels.len && count > 0; i++) {
		const struct scene_panel *panel = &scene->panels.items[i];
		struct plot plot;

		if (panel->kind != PANEL_USAGE)
			continue;
		plot = layout_make_plot(page, panel, y + title, each - title);
		layout_put_usage(page, &plot, time);
		y += each;
		count--;
	}
}

static void layout_put_heat(struct page *page, const struct scene_panel *panel)
{
	struct plot plot = layout_make_plot(
	    page, panel, page->plot_top, page->plot_bottom - page->plot_top);
	struct axis_ticks ticks;

	layout_choose_time_ticks(page, &plot, &ticks);
	layout_put_time_grid(&page->place, &plot, &ticks);
	layout_heat(&page->place, &plot);
	layout_put_frame(&page->place, &plot);
	layout_put_time_labels(page, &plot, &ticks);
	ticks_finish(&ticks);
}

static void layout_put_panels(struct page *page)
{
	struct place *place = &page->place;
	const struct scene *scene = place->scene;
	const struct scene_panel *lanes = scene_find(scene, PANEL_LANES);
	double height = page->plot_bottom - page->plot_top, each;
	size_t usages = layout_count_usage(page, height, &each);
	struct plot upper_plot;
	struct axis_ticks time;
	double lower;

	page->plot_bottom -= (double)usages * each;
	height -= (double)usages * each;
	lower = lanes ? layout_lanes_height(page, lanes, height) : 0;
	upper_plot = layout_make_plot(page, &scene->panels.items[0],
	    page->plot_top, height - lower - (lanes ? place->font : 0));
	layout_choose_time_ticks(page, &upper_plot, &time);
	layout_put_memory(page, &upper_plot, &time);
	if (lanes)
		layout_put_lanes(page, lanes, lower,
		    layout_choose_depth(page, lanes, lower), &time);
	layout_put_all_usage(page, each, usages, &time);
	page->plot_bottom += (double)usages * each;
	layout_put_time_labels(page, &upper_plot, &time);
	ticks_finish(&time);
}

static void layout_mirror_box(struct draw_box *box, double sum)
{
	box->x = sum - box->x - box->w;
}

/* The box of a dot is its centre, without a size. */
static bool layout_is_inside(
    const struct draw_box *box, const struct draw_box *area)
{
	double middle = box->x + box->w / 2;

	return middle >= area->x - 1 && middle <= area->x + area->w + 1 &&
	       box->y + box->h > area->y;
}

/* Mirrors the chart, so that time runs from right to left, as memory_profiler
 * draws a window that is given backwards: swaps left and right of the shapes
 * and clips from those indices on. Those above or beside the area, such as the
 * memory axis's labels, stay. */
static void layout_mirror(struct drawing *drawing, size_t first_shape,
    size_t first_clip, const struct draw_box *area)
{
	double sum = 2 * area->x + area->w;

	for (size_t i = first_clip; i < drawing->clips.len; i++)
		layout_mirror_box(&drawing->clips.items[i], sum);
	for (size_t i = first_shape; i < drawing->shapes.len; i++) {
		struct shape *shape = &drawing->shapes.items[i];

		for (size_t at = 0; at < shape->len; at++) {
			struct draw_point *point =
			    &drawing->points.items[shape->first + at];

			point->x = sum - point->x;
		}
		if (shape->len == 0 && layout_is_inside(&shape->box, area))
			layout_mirror_box(&shape->box, sum);
	}
}

static void layout_put_time_panels(struct page *page)
{
	struct drawing *drawing = page->place.drawing;
	const struct scene *scene = page->place.scene;
	size_t shape = drawing->shapes.len, clip = drawing->clips.len;
	struct draw_box area;

	page->mirrored = scene->backwards;
	layout_measure_panels(page, &scene->panels.items[0].memory);
	layout_put_panels(page);
	area = (struct draw_box){page->left, page->plot_top,
	    page->right - page->left, page->plot_bottom - page->plot_top};
	if (page->mirrored)
		layout_mirror(drawing, shape, clip, &area);
}

/* Height that each usage panel adds to the picture, and the highest that lanes
 * add. */
enum { USAGE_HEIGHT = 80, LANES_HEIGHT_MAX = 1000 };

/* A heat map of few rows is lower. HEAT_LEAST_HEIGHT has room for all text
 * above the rows, HEAT_HEIGHT is what surrounds them without notes. */
enum { HEAT_LEAST_HEIGHT = 20 * FONT, HEAT_HEIGHT = 10 * FONT };

static double layout_heat_height(const struct scene *scene)
{
	double rows = (double)scene->panels.items[0].heat.rows.len;
	double height = HEAT_HEIGHT + rows * 3 * FONT +
			(double)scene->notes.len * place_line_height(FONT);

	return fmin(fmax(height, HEAT_LEAST_HEIGHT), LAYOUT_USUAL_HEIGHT);
}

double layout_usual_height(const struct scene *scene)
{
	double height = LAYOUT_USUAL_HEIGHT;

	if (scene->panels.items[0].kind == PANEL_HEAT)
		return layout_heat_height(scene);
	for (size_t i = 0; i < scene->panels.len; i++) {
		const struct scene_panel *panel = &scene->panels.items[i];
		double rows;

		if (panel->kind == PANEL_USAGE)
			height += USAGE_HEIGHT;
		if (panel->kind != PANEL_LANES)
			continue;
		rows = (double)layout_lane_rows(panel, SIZE_MAX);
		height += fmin(
		    LANES_HEIGHT_MAX, ceil((rows * LANE_HEIGHT + 1) * FONT));
	}
	return height;
}

void layout_scene(struct drawing *drawing, const struct scene *scene,
    const struct layout_request *request)
{
	struct page page = {
	    .place = {.drawing = drawing, .scene = scene, .request = request}};
	struct place *place = &page.place;

	*drawing = (struct drawing){.width = request->width,
	    .height = request->height,
	    .title = mem_copy(scene->title),
	    .created_s = scene->origin_s};
	place->font = fmin(
	    fmax(FONT * sqrt(request->width / LAYOUT_USUAL_WIDTH), 11), 20);
	place->margin = place->font;
	page.top = 0.8 * place->margin;
	page.bottom = request->height - 0.6 * place->margin;
	layout_put_head(&page);
	layout_put_foot(&page);
	if (scene->panels.items[0].kind == PANEL_HEAT) {
		page.plot_top = page.top + 2.2 * place->font;
		page.plot_bottom =
		    page.bottom - 2 * place_line_height(place->font) - 6;
		page.left =
		    layout_heat_left(place, &scene->panels.items[0].heat);
		page.right = floor(request->width - 1.5 * place->margin);
		layout_put_heat(&page, &scene->panels.items[0]);
	} else if (scene->panels.items[0].kind == PANEL_LANES) {
		page.plot_top = page.top + 0.6 * place->font;
		page.plot_bottom =
		    page.bottom - 2 * place_line_height(place->font) - 6;
		page.left = place->margin;
		page.right = floor(request->width - place->margin);
		layout_put_only_lanes(&page, &scene->panels.items[0]);
	} else {
		layout_put_time_panels(&page);
	}
	ticks_finish(&page.memory);
	array_free(&place->taken);
}
