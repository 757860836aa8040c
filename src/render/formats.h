/* SPDX-License-Identifier: MIT
 *
 * The formats that charts and graphs are written in. A format is a row; its
 * name is also the extension of its files.
 */
#ifndef MPROF_RENDER_FORMATS_H
#define MPROF_RENDER_FORMATS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "graph/graph.h"
#include "render/module.h"
#include "render/palette.h"
#include "scene/scene.h"

/* The subjects of drawings; a format draws one or both. */
enum render_subject { RENDER_CHART = 1, RENDER_GRAPH = 2 };

/* A chart or a graph, and how it is to be drawn. */
struct render_request {
	const struct scene *scene; /* NULL: the graph */
	struct graph *graph;       /* its texts may be shortened */
	const struct render_format *format;
	double width, height; /* of a chart, before scaling */
	double scale;
	enum palette_theme theme;
	bool theme_is_given; /* else a page takes the reader's */
	bool every_sample;   /* see layout/layout.h */
	bool text_as_paths;  /* in SVG, where text is text */
	struct err *warning; /* filled where something may look different */
};

struct render_format {
	const char *name;
	const char *summary; /* for people: NULL where it is for tests alone */
	/* Draws it to out; -1 with e. */
	int (*render)(
	    const struct render_request *request, FILE *out, struct err *e);
	unsigned draws;       /* of enum render_subject */
	enum picture picture; /* where render_picture() draws it */
	bool binary;          /* not for a terminal */
	bool can_switch;      /* a reader can switch to the scene's layers */
};

/* The format of that name in either case, NULL where none draws the subject. */
const struct render_format *format_find(
    const char *name, enum render_subject subject);

/* The nth format for people that draws the subject, NULL behind the last. */
const struct render_format *format_nth(enum render_subject subject, size_t nth);

/* The extension of a file's name, behind its last dot; NULL where it has none.
 * Dots before the name are no extension. */
const char *format_extension(const char *path);

/* The format that a file's name asks for; NULL with e where it asks for none
 * or for one that doesn't draw the subject. */
const struct render_format *format_of_path(
    const char *path, enum render_subject subject, struct err *e);

/* Draws the request's chart or graph as its format's picture. */
int render_picture(const struct render_request *request, FILE *out,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Whether the modules that lay graphs out and draw them can be loaded; else e
 * says which can't. */
bool picture_can_draw_graphs(struct err *e) __attribute__((nonnull));

#endif
