// SPDX-License-Identifier: MIT
#include "chart/chart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stack_intervals.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"

#define LANES_MAX 64
#define SLIVER 0.0005 /* share of the whole: narrower frames are summed up */

/* A stack that grew, as displayed. */
struct grown {
	struct stack stack;
	double mib;
};

struct growth_build {
	struct scene_panel *panel;
	struct grown *sorted;
	size_t len, lanes;
	double whole_mib, small_mib;
};

/* The frame at that depth from outside; NULL where the stack is not that
 * deep. */
static const struct frame *growth_frame_at(
    const struct stack *stack, size_t depth)
{
	return depth < stack->len ? &stack->frames[stack->len - 1 - depth]
				  : NULL;
}

static int growth_order_frames(const struct frame *a, const struct frame *b)
{
	int order = strcmp(a->file, b->file);

	if (order == 0)
		order = strcmp(a->function, b->function);
	return order ? order : (a->line > b->line) - (a->line < b->line);
}

static int growth_order_stacks(const void *x, const void *y)
{
	const struct stack *a = &((const struct grown *)x)->stack;
	const struct stack *b = &((const struct grown *)y)->stack;

	for (size_t depth = 0;; depth++) {
		const struct frame *one = growth_frame_at(a, depth);
		const struct frame *other = growth_frame_at(b, depth);
		int order;

		if (!one || !other)
			return (one != NULL) - (other != NULL);
		order = growth_order_frames(one, other);
		if (order)
			return order;
	}
}

/* A function has the same colour everywhere. */
static enum role growth_role_of(const struct frame *frame)
{
	unsigned long hash = 5381;

	for (const char *at = frame->function; *at; at++)
		hash = hash * 33 + (unsigned char)*at;
	return role_series(hash % ROLE_SERIES_COUNT);
}

/* Room for a line's number behind a place, ":12"; "" where it is unknown. */
enum { GROWTH_LINE = 16 };

static const char *growth_line(
    const struct frame *frame, char text[static GROWTH_LINE])
{
	*text = 0;
	if (frame->line > 0)
		snprintf(text, GROWTH_LINE, ":%d", frame->line);
	return text;
}

static char *growth_full_name(
    const struct growth_build *build, const struct frame *frame, double mib)
{
	char size[UNITS_TEXT], share[UNITS_TEXT], line[GROWTH_LINE];
	bool has_file = *frame->file != 0;
	char *raw = mem_format("%s%s%s%s%s %s, %s", frame->function,
	    has_file ? " (" : "", frame->file,
	    has_file ? growth_line(frame, line) : "", has_file ? ")" : "",
	    units_size(size, mib),
	    units_percent(share, 100 * mib / build->whole_mib, 1));
	char *clean = utf8_clean_copy(raw);

	free(raw);
	return clean;
}

/* The last component of a path, or the last two for a package's __init__.py. */
static const char *growth_short_file(const char *path)
{
	const char *part = path + strlen(path);
	size_t parts = strstr(path, "/__init__.py") ? 2 : 1;

	while (part > path && (part[-1] != '/' || --parts > 0))
		part--;
	return part;
}

/* The code of every module has the same name: its file tells more. */
static char *growth_short_name(const struct frame *frame)
{
	const char *file = growth_short_file(frame->file);
	bool is_module = strcmp(frame->function, "<module>") == 0 && *file;
	char line[GROWTH_LINE];

	return mem_format("%s%s", is_module ? file : frame->function,
	    growth_line(frame, line));
}

static void growth_add_span(struct growth_build *build,
    const struct frame *frame, size_t depth, double from_mib, double mib)
{
	char *raw = growth_short_name(frame);
	struct scene_span span = {.name = utf8_clean_copy(raw),
	    .full_name = growth_full_name(build, frame, mib),
	    .role = growth_role_of(frame),
	    .from = {from_mib, mib},
	    .to = {from_mib + mib, mib},
	    .lane = depth};

	free(raw);
	*array_push(&build->panel->spans) = span;
	if (depth >= build->lanes)
		build->lanes = depth + 1;
}

/* The stacks [first, end) share their frames up to depth; those that end there
 * come first. Adds spans for the frames at depth and above. */
static void growth_add_level(struct growth_build *build, size_t first,
    size_t end, size_t depth, double from_mib)
{
	size_t i = first;

	if (depth == LANES_MAX)
		return;
	while (i < end) {
		const struct frame *frame =
		    growth_frame_at(&build->sorted[i].stack, depth);
		size_t next = i;
		double mib = 0;

		while (next < end && frame) {
			const struct frame *other =
			    growth_frame_at(&build->sorted[next].stack, depth);

			if (growth_order_frames(frame, other) != 0)
				break;
			mib += build->sorted[next++].mib;
		}
		if (!frame) {
			from_mib += build->sorted[i++].mib;
			continue;
		}
		if (mib >= SLIVER * build->whole_mib) {
			growth_add_span(build, frame, depth, from_mib, mib);
			growth_add_level(build, i, next, depth + 1, from_mib);
		} else {
			build->small_mib += mib;
		}
		from_mib += mib;
		i = next;
	}
}

static void growth_add_fact(struct scene *scene, const char *label, double mib)
{
	char size[UNITS_TEXT];

	*array_push(&scene->facts) =
	    (struct scene_fact){label, mem_copy(units_size(size, mib))};
}

static const char *const growth_titles[] = {"Growth", "Held", "Touched"};

static void growth_add_notes(struct scene *scene,
    const struct growth_build *build, enum memory_source source,
    double given_mib)
{
	static const char *const notes[] = {
	    LINES_ON_THE_CLOCK, LINES_HELD, LINES_TOUCHED};
	char size[UNITS_TEXT];

	*array_push(&scene->notes) = mem_copy(notes[source]);
	if (given_mib > 0)
		*array_push(&scene->notes) = mem_format(
		    "%s given back is not drawn", units_size(size, given_mib));
	if (build->small_mib > 0)
		*array_push(&scene->notes) =
		    mem_format("%s in frames too narrow to draw",
			units_size(size, build->small_mib));
}

/* Turns the lanes upside down: the outermost frame is at the bottom. */
static void growth_turn(struct growth_build *build)
{
	for (size_t i = 0; i < build->panel->spans.len; i++) {
		struct scene_span *span = &build->panel->spans.items[i];

		span->lane = build->lanes - 1 - span->lane;
	}
	build->panel->lanes = build->lanes;
}

/* Lists stacks that grew. */
static void growth_choose(
    struct growth_build *build, const struct stack_growths *growths)
{
	build->whole_mib = growths->grown_mib;
	build->sorted =
	    mem_zero(growths->items.len + 1, sizeof(*build->sorted));
	for (size_t i = 0; i < growths->items.len; i++) {
		const struct stack_growth *growth = &growths->items.items[i];

		if (growth->mib > 0)
			build->sorted[build->len++] = (struct grown){
			    visible_frames(growth->stack), growth->mib};
	}
	qsort(build->sorted, build->len, sizeof(*build->sorted),
	    growth_order_stacks);
}

int chart_growth(struct scene *scene, const struct stack_growths *growths,
    const char *title, struct err *e)
{
	struct growth_build build = {0};
	double given_mib = growths->given_mib;

	*scene = (struct scene){0};
	growth_choose(&build, growths);
	if (build.len == 0) {
		free(build.sorted);
		return err_set(
		    e, "nothing to draw: memory grew under no sampled stack");
	}
	scene->title = utf8_clean_copy(title);
	scene->time = (struct axis){AXIS_MEMORY, 0, build.whole_mib, 0, 0};
	build.panel = array_push(&scene->panels);
	*build.panel = (struct scene_panel){.kind = PANEL_LANES};
	growth_add_level(&build, 0, build.len, 0, 0);
	growth_turn(&build);
	*array_push(&build.panel->groups) =
	    (struct scene_group){NULL, 0, build.lanes};
	growth_add_fact(scene, growth_titles[growths->source], build.whole_mib);
	if (given_mib > 0)
		growth_add_fact(scene, "Given back", given_mib);
	growth_add_notes(scene, &build, growths->source, given_mib);
	for (size_t i = 0; i < build.len; i++)
		free(build.sorted[i].stack.frames);
	free(build.sorted);
	return 0;
}
