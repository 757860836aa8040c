/* SPDX-License-Identifier: MIT
 *
 * A chart in data space: what to show, not where. Layout (layout.h) makes a
 * drawing of it for pictures; the page and the terminal lay it out themselves.
 * Times are seconds from origin_s, memory is MiB, colours are roles. Text is
 * clean (base/utf8.h) and complete: renderers shorten it. Samples are borrowed
 * from the profile, which must live as long. The content of a panel is in
 * parts.h.
 */
#ifndef MPROF_SCENE_SCENE_H
#define MPROF_SCENE_SCENE_H

#include <stdio.h>

#include "base/array.h"
#include "scene/axis.h"
#include "scene/heat.h"
#include "scene/parts.h"

enum scene_panel_kind {
	PANEL_MEMORY,
	PANEL_LANES,
	PANEL_USAGE, /* other figures: lines over an axis of numbers */
	PANEL_HEAT
};

struct scene_panel {
	enum scene_panel_kind kind;
	struct axis memory; /* of PANEL_MEMORY; of PANEL_USAGE its numbers */
	char *title;        /* of PANEL_USAGE: "CPU (%)" */
	/* Lines are drawn in this order. Layers, if requested, are the same
	 * memory stacked, for readers who can switch to them. */
	ARRAY(struct scene_line) lines, layers;
	ARRAY(struct scene_function) functions;
	ARRAY(struct scene_span) spans;
	ARRAY(struct scene_mark) marks;
	ARRAY(struct scene_group) groups; /* PANEL_LANES */
	size_t lanes;
	struct scene_heat heat; /* PANEL_HEAT */
};

/* A limit more than this many times higher than the data would flatten the
 * chart: it is a fact, and not drawn. */
#define SCENE_LIMIT_NEAR 2.0

struct scene_fact {
	const char *label; /* static: "Peak" */
	char *value;       /* "171.8 MiB after 12.5 s" */
};

struct scene {
	char *title;
	double origin_s;  /* since the epoch: start of the first run */
	struct axis time; /* shared by all panels */
	bool backwards;   /* a picture has its end at the left */
	ARRAY(struct scene_panel) panels; /* from top to bottom */
	ARRAY(struct scene_fact) facts;   /* about the run, or its peers */
	ARRAY(char *) notes; /* things that are not drawn, in words */
	/* Stacks and trends, see scene_own_series() */
	ARRAY(struct series *) owned;
};

void scene_finish(struct scene *scene);

/* Removes the last panel. */
void scene_drop_panel(struct scene *scene);

/* The first panel of that kind; NULL where there is none. */
const struct scene_panel *scene_find(
    const struct scene *scene, enum scene_panel_kind kind);

/* Adds a series that the scene owns. */
struct series *scene_own_series(struct scene *scene);

/* Whether the line is a layer of a stack. */
bool scene_is_layer(const struct scene_line *line);

/* The topmost layer; NULL where no line is a layer. */
const struct scene_line *scene_top_layer(
    const struct scene_line *lines, size_t len);

/* Fills order with the indices of the lines in a legend: totals and trends
 * before processes, of which there may be many. order has room for all lines.
 * Returns their number. */
size_t scene_legend(const struct scene_panel *panel, size_t *order);

/* Prints the whole scene as text, including samples, for golden tests. */
void scene_print(const struct scene *scene, FILE *out);

#endif
