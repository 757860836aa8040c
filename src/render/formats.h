/* SPDX-License-Identifier: MIT
 *
 * What a chart can be written as. A format is a row; its name is also the
 * extension of its files.
 */
#ifndef MPROF_RENDER_FORMATS_H
#define MPROF_RENDER_FORMATS_H

#include <stdio.h>

#include "base/err.h"
#include "scene/scene.h"
#include "render/palette.h"

struct render_request {
	const struct scene *scene;
	double width, height; /* before scaling */
	double scale;
	enum palette_theme theme;
	bool every_sample; /* see layout/layout.h */
};

struct render_format {
	const char *name;
	const char *summary; /* for people: NULL where it is for tests alone */
	/* Writes the chart to out; -1 with e. */
	int (*render)(
	    const struct render_request *request, FILE *out, struct err *e);
	bool binary;     /* not for a terminal */
	bool can_switch; /* a reader can switch to the scene's layers */
};

/* The rows; the last one's name is NULL. */
extern const struct render_format render_formats[];

/* The format of that name in either case, NULL where there is none. */
const struct render_format *format_find(const char *name);

/* The extension of a file's name, behind its last dot; NULL where it has none.
 * Dots before the name are no extension. */
const char *format_extension(const char *path);

/* The format that a file's name asks for; NULL with e where it asks for none
 * or for one that isn't there. */
const struct render_format *format_of_path(const char *path, struct err *e);

#endif
