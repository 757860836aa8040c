/* SPDX-License-Identifier: MIT
 *
 * The formats of charts and graphs. A format is a row; its name is also the
 * extension of its files.
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

/* Subjects of drawings; a format draws one or both. */
enum render_subject { RENDER_CHART = 1, RENDER_GRAPH = 2 };

/* A chart or a graph, and how to draw it. */
struct render_request {
	const struct scene *scene; /* NULL: the graph */
	struct graph *graph;       /* its texts may be shortened */
	const struct render_format *format;
	double width, height; /* of a chart, before scaling */
	double scale;
	enum palette_theme theme;
	bool theme_is_given; /* false: a page uses the reader's */
	bool every_sample;   /* see layout/layout.h */
	bool text_as_paths;  /* in SVG, which otherwise has text as text */
	struct err *warning; /* set where something may look different */
};

struct render_format {
	const char *name;
	const char *summary; /* NULL: for tests only */
	/* Draws to out; -1 with e. */
	int (*render)(
	    const struct render_request *request, FILE *out, struct err *e);
	unsigned draws;       /* set of enum render_subject */
	enum picture picture; /* for render_picture() */
	bool binary;          /* not for a terminal */
	bool can_switch;      /* readers can switch to the scene's layers */
};

/* The format of that name, in upper or lower case; NULL where none draws the
 * subject. */
const struct render_format *format_find(
    const char *name, enum render_subject subject);

/* The nth format that is not for tests and draws the subject; NULL behind the
 * last. */
const struct render_format *format_nth(enum render_subject subject, size_t nth);

/* The extension in a file's name, after its last dot; NULL where it has none. A
 * leading dot is none. */
const char *format_extension(const char *path);

/* The format for a file's name; NULL with e where there is none, or it doesn't
 * draw the subject. */
const struct render_format *format_of_path(
    const char *path, enum render_subject subject, struct err *e);

/* Draws the request's chart or graph as its format's picture. */
int render_picture(const struct render_request *request, FILE *out,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Whether the modules that lay graphs out and draw them can be loaded;
 * otherwise e names the missing one. */
bool picture_can_draw_graphs(struct err *e) __attribute__((nonnull));

#endif
