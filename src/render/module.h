/* SPDX-License-Identifier: MIT
 *
 * The interface between the program and two modules. The renderer with Cairo's
 * libraries is render.so, the layouter with Graphviz's is graph.so; they are
 * loaded when a picture or a graph is drawn, so that a recording process never
 * holds them.
 */
#ifndef MPROF_RENDER_MODULE_H
#define MPROF_RENDER_MODULE_H

#include <stdio.h>

#include "base/err.h"
#include "layout/drawing.h"
#include "render/palette.h"

/* Increased with every change here, in drawing.h or in graph.h. */
#define RENDER_MODULE_VERSION 6
#define GRAPH_MODULE_VERSION 1

/* Largest side of a picture in pixels: Cairo refuses more. */
#define RENDER_MOST_PIXELS 32767

struct graph;

enum picture {
	PICTURE_PNG,
	PICTURE_SVG,
	PICTURE_PDF,
	PICTURE_EPS,
	PICTURE_SIXEL
};

struct render_job {
	const struct drawing *drawing;
	const struct palette *palette;
	enum picture picture;
	double scale; /* pixels per unit, for PNG and Sixel */
	void *fonts;  /* they measured the drawing's text */
	FILE *out;
};

struct render_module {
	int version;
	/* NULL with e: there is no font. */
	void *(*fonts_create)(struct err *e);
	void (*fonts_destroy)(void *fonts);
	/* -1 with e where a directory of fonts can't be read. */
	int (*fonts_check)(struct err *e);
	double (*text_width)(
	    void *fonts, const char *text, double size, bool bold);
	int (*draw)(const struct render_job *job, struct err *e);
};

/* The module's only symbol, a const struct render_module. */
#define RENDER_MODULE_SYMBOL "mprof_render_module"

struct graph_module {
	int version;
	/* Places boxes and labels, whose sizes are set, and the arrows' curves;
	 * y grows downwards. */
	int (*place)(struct graph *graph, struct err *e);
};

/* The module's only symbol, a const struct graph_module. */
#define GRAPH_MODULE_SYMBOL "mprof_graph_module"

#endif
