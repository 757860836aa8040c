// SPDX-License-Identifier: MIT
#include "render/formats.h"

#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/strbuf.h"
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

static int render_dot(
    const struct render_request *request, FILE *out, struct err *e)
{
	(void)e;
	graph_write_dot(request->graph, out);
	return 0;
}

static const struct render_format render_formats[] = {
    {"png", "a picture of pixels", render_picture,
	.draws = RENDER_CHART | RENDER_GRAPH, .picture = PICTURE_PNG,
	.binary = true},
    {"svg", "a picture of lines", render_picture,
	.draws = RENDER_CHART | RENDER_GRAPH, .picture = PICTURE_SVG},
    {"pdf", "a page", render_picture, .draws = RENDER_CHART | RENDER_GRAPH,
	.picture = PICTURE_PDF, .binary = true},
    {"eps", "a picture of lines for TeX and print", render_picture,
	.draws = RENDER_CHART | RENDER_GRAPH, .picture = PICTURE_EPS},
    {"html", "a page to explore in a browser", render_html,
	.draws = RENDER_CHART, .can_switch = true},
    {"dot", "the language of Graphviz's programs", render_dot,
	.draws = RENDER_GRAPH},
    /* a chart's parts as text */
    {"scene", NULL, render_scene, .draws = RENDER_CHART},
    {.name = NULL},
};

const struct render_format *format_find(
    const char *name, enum render_subject subject)
{
	for (const struct render_format *row = render_formats; row->name;
	     row++) {
		if ((row->draws & subject) && strcasecmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

const struct render_format *format_nth(enum render_subject subject, size_t nth)
{
	for (const struct render_format *row = render_formats; row->name;
	     row++) {
		if ((row->draws & subject) && row->summary && nth-- == 0)
			return row;
	}
	return NULL;
}

/* Formats that other tools write, and the ones to use in their place. */
static const struct {
	const char *name, *instead;
} formats_of_others[] = {
    {"jpg", "png"},
    {"jpeg", "png"},
    {"webp", "png"},
    {"gif", "png"},
    {"bmp", "png"},
    {"tif", "png"},
    {"tiff", "png"},
    {"raw", "png"},
    {"rgba", "png"},
    {"ps", "eps"},
    {"pgf", "pdf"},
    {"svgz", "svg"},
    {"htm", "html"},
};

/* Says which ends of names are known. Returns -1. */
static int format_advise(const char *path, enum render_subject subject,
    const char *problem, struct err *e)
{
	const struct render_format *row;
	struct strbuf known = {0};

	for (size_t i = 0; (row = format_nth(subject, i)); i++) {
		strbuf_separate(
		    &known, format_nth(subject, i + 1) ? ", " : " or ");
		strbuf_add_format(&known, ".%s", row->name);
	}
	err_set(e, "%s: %send the name with %s", path, problem, known.text);
	strbuf_finish(&known);
	return -1;
}

static int format_refuse(const char *path, enum render_subject subject,
    const char *name, struct err *e)
{
	const char *what = subject == RENDER_CHART ? "charts" : "graphs";
	char problem[256];

	for (size_t i = 0;
	     i < sizeof(formats_of_others) / sizeof(formats_of_others[0]);
	     i++) {
		const char *instead = formats_of_others[i].instead;

		if (strcasecmp(formats_of_others[i].name, name) == 0 &&
		    format_find(instead, subject))
			return err_set(e,
			    "%s: %s aren't written as %s; use .%s", path, what,
			    name, instead);
	}
	snprintf(problem, sizeof(problem), "no format of %s is called %s; ",
	    what, name);
	return format_advise(path, subject, problem, e);
}

const char *format_extension(const char *path)
{
	const char *name = path_name(path);
	const char *dot = strrchr(name + strspn(name, "."), '.');

	return dot && dot[1] ? dot + 1 : NULL;
}

const struct render_format *format_of_path(
    const char *path, enum render_subject subject, struct err *e)
{
	const char *name = format_extension(path);
	const struct render_format *format =
	    name ? format_find(name, subject) : NULL;

	if (!format && strcmp(path, "-") == 0 && subject == RENDER_CHART)
		err_set(e, "-o -: say what to write with --format");
	else if (!format && name)
		format_refuse(path, subject, name, e);
	else if (!format)
		format_advise(path, subject, "", e);
	return format;
}
