/* SPDX-License-Identifier: MIT
 *
 * Boxes with arrows between them. Text is clean (base/utf8.h) and of full
 * length; graph_measure() shortens text that is too long for a picture and
 * sets the sizes, a layouter (render/module.h) sets the places, and
 * graph_draw() makes the drawing.
 */
#ifndef MPROF_GRAPH_GRAPH_H
#define MPROF_GRAPH_GRAPH_H

#include <stdio.h>

#include "layout/drawing.h"
#include "layout/layout.h"

struct graph_box {
	char *title, *detail; /* two lines; the detail may be NULL */
	enum role role;
	struct draw_box place; /* w and h from graph_measure() */
};

struct graph_arrow {
	size_t from, to; /* boxes */
	char *label;     /* NULL: none */
	struct draw_box label_place;
	size_t first, len;     /* of points: cubic Bezier curves, one after the
				* other, each beginning where one ended */
	struct draw_point tip; /* of the head; the curve ends at its foot */
};

/* The meaning of a box's colour. */
struct graph_key {
	enum role role;
	char *text;
};

struct graph {
	char *title;
	ARRAY(struct graph_key) legend; /* below, a line each */
	ARRAY(char *) notes;            /* below that */
	ARRAY(struct graph_box) boxes;
	ARRAY(struct graph_arrow) arrows;
	ARRAY(struct draw_point) points;
	double width, height; /* of what was laid out */
};

void graph_finish(struct graph *graph) __attribute__((nonnull));

/* A new box, with texts of its own, made clean. */
size_t graph_add_box(struct graph *graph, const char *title, const char *detail,
    enum role role) __attribute__((nonnull(1, 2)));
/* A line of the legend, with a text of its own, made clean. */
void graph_add_key(struct graph *graph, enum role role, const char *text)
    __attribute__((nonnull));
void graph_add_arrow(struct graph *graph, size_t from, size_t to,
    const char *label) __attribute__((nonnull(1)));

/* Shortens texts, and sizes boxes and labels. */
void graph_measure(struct graph *graph, const struct text_measure *measure)
    __attribute__((nonnull));

/* Fills drawing, which the caller finishes, from a graph that was laid out;
 * under the title and above the notes. */
void graph_draw(struct drawing *drawing, const struct graph *graph,
    const struct text_measure *measure) __attribute__((nonnull));

/* In the language of Graphviz's programs. */
void graph_write_dot(const struct graph *graph, FILE *out)
    __attribute__((nonnull));

#endif
