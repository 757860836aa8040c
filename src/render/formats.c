// SPDX-License-Identifier: MIT
#include "render/formats.h"

#include <string.h>
#include <strings.h>

#include "render/html.h"
#include "render/picture.h"

static int render_scene(
    const struct render_request *request, FILE *out, struct err *e)
{
	(void)e;
	scene_print(request->scene, out);
	return 0;
}

static int render_html(
    const struct render_request *request, FILE *out, struct err *e)
{
	(void)e;
	html_write(request->scene, out);
	return 0;
}

const struct render_format render_formats[] = {
    {"png", "a picture of pixels", render_png, true},
    {"svg", "a picture of lines", render_svg, false},
    {"pdf", "a page", render_pdf, true},
    {"html", "a page to explore in a browser", render_html, false},
    {"scene", "the chart's parts as text, for tests", render_scene, false},
    {NULL, NULL, NULL, false},
};

const struct render_format *format_find(const char *name)
{
	for (const struct render_format *row = render_formats; row->name;
	     row++) {
		if (strcasecmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

const struct render_format *format_of_path(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strrchr(slash ? slash : path, '.');
	const struct render_format *format = dot ? format_find(dot + 1) : NULL;

	if (!format && strcmp(path, "-") == 0)
		err_set(e, "-o -: say what to write with --format");
	else if (!format && dot)
		err_set(e,
		    "%s: no format of charts is called %s; end the "
		    "name with .png, .svg, .pdf or .html",
		    path, dot + 1);
	else if (!format)
		err_set(e,
		    "%s: end the name with .png, .svg, .pdf or .html, "
		    "or give --format",
		    path);
	return format;
}
