// SPDX-License-Identifier: MIT
#include "render/formats.h"

#include <string.h>
#include <strings.h>

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

const struct render_format render_formats[] = {
    {"png", "a picture of pixels", render_png, .binary = true},
    {"svg", "a picture of lines", render_svg, .binary = false},
    {"pdf", "a page", render_pdf, .binary = true},
    {"eps", "a picture of lines for TeX and print", render_eps,
	.binary = false},
    {"html", "a page to explore in a browser", render_html, .can_switch = true},
    {"scene", NULL, render_scene, .binary = false}, /* its parts as text */
    {.name = NULL},
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
static int format_advise(const char *path, const char *problem, struct err *e)
{
	struct strbuf known = {0};

	for (const struct render_format *row = render_formats; row->summary;
	     row++) {
		strbuf_separate(&known, row[1].summary ? ", " : " or ");
		strbuf_add_format(&known, ".%s", row->name);
	}
	err_set(e, "%s: %send the name with %s", path, problem, known.text);
	strbuf_finish(&known);
	return -1;
}

static int format_refuse(const char *path, const char *name, struct err *e)
{
	char problem[256];

	for (size_t i = 0;
	     i < sizeof(formats_of_others) / sizeof(formats_of_others[0]);
	     i++) {
		if (strcasecmp(formats_of_others[i].name, name) == 0)
			return err_set(e,
			    "%s: charts aren't written as %s; use .%s", path,
			    name, formats_of_others[i].instead);
	}
	snprintf(problem, sizeof(problem), "no format of charts is called %s; ",
	    name);
	return format_advise(path, problem, e);
}

const char *format_extension(const char *path)
{
	const char *slash = strrchr(path, '/'), *dot;

	path = slash ? slash + 1 : path;
	path += strspn(path, ".");
	dot = strrchr(path, '.');
	return dot && dot[1] ? dot + 1 : NULL;
}

const struct render_format *format_of_path(const char *path, struct err *e)
{
	const char *name = format_extension(path);
	const struct render_format *format = name ? format_find(name) : NULL;

	if (!format && strcmp(path, "-") == 0)
		err_set(e, "-o -: say what to write with --format");
	else if (!format && name)
		format_refuse(path, name, e);
	else if (!format)
		format_advise(path, "", e);
	return format;
}
