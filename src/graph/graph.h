/* SPDX-License-Identifier: MIT
 *
 * Boxes with arrows. Text is clean (base/utf8.h) and complete; graph_measure()
 * shortens text that is too long for a picture and sets sizes, a layouter
 * (render/module.h) sets positions, and graph_draw() makes the drawing.
 */
#ifndef MPROF_GRAPH_GRAPH_H
#define MPROF_GRAPH_GRAPH_H

#include <stdio.h>

#include "layout/drawing.h"
#include "layout/layout.h"

struct graph_box {
	char *title, *detail; /* two lines; detail may be NULL */
	enum role role;
	struct draw_box place; /* graph_measure() sets w and h */
};

struct graph_arrow {
	size_t from, to; /* boxes */
	char *label;     /* NULL: none */
	struct draw_box label_place;
	size_t first, len; /* range of points: cubic Bezier curves, each
			      beginning at the end of the one before */
	/* Tip of the arrow's head; the curve ends at its base. */
	struct draw_point tip;
};

/* The meaning of a colour of boxes. */
struct graph_key {
	enum role role;
	char *text;
};

struct graph {
	char *title;
	ARRAY(struct graph_key) legend; /* below the graph, a line each */
	ARRAY(char *) notes;            /* below the legend */
	ARRAY(struct graph_box) boxes;
	ARRAY(struct graph_arrow) arrows;
	ARRAY(struct draw_point) points;
	double width, height; /* size of the laid out graph */
};

void graph_finish(struct graph *graph) __attribute__((nonnull));

/* Adds a box; copies the texts, safe to print. */
size_t graph_add_box(struct graph *graph, const char *title, const char *detail,
    enum role role) __attribute__((nonnull(1, 2)));
/* Adds a line to the legend; copies the text, safe to print. */
void graph_add_key(struct graph *graph, enum role role, const char *text)
    __attribute__((nonnull));
void graph_add_arrow(struct graph *graph, size_t from, size_t to,
    const char *label) __attribute__((nonnull(1)));

/* Shortens texts, and sets the sizes of boxes and labels. */
void graph_measure(struct graph *graph, const struct text_measure *measure)
    __attribute__((nonnull));

/* Fills drawing, which the caller finishes, from a laid out graph, with the
 * title above and the notes below. */
void graph_draw(struct drawing *drawing, const struct graph *graph,
    const struct text_measure *measure) __attribute__((nonnull));

/* Writes the graph in Graphviz's language. */
void graph_write_dot(const struct graph *graph, FILE *out)
    __attribute__((nonnull));

#endif
