// SPDX-License-Identifier: MIT
#include "render/formats.h"

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/io.h"
#include "base/self.h"
#include "base/strbuf.h"
#include "layout/layout.h"
#include "render/html.h"
#include "render/svg.h"

#if defined(HAVE_CAIRO) || defined(HAVE_GRAPHVIZ)
/* Loads a module and returns the address of its symbol, which begins with a
 * version. A module is never unloaded: its libraries leave threads and handlers
 * behind. */
static const void *format_open_module(
    const char *path, const char *symbol, int version, struct err *e)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const int *module;

	if (!handle) {
		err_set(e, "%s: can't be loaded, %s", path, dlerror());
		return NULL;
	}
	module = dlsym(handle, symbol);
	if (!module || *module != version) {
		err_set(
		    e, "%s: belongs to another version; reinstall mprof", path);
		return NULL;
	}
	return module;
}

static const void *render_module_load_once(
    const char *name, const char *symbol, int version, struct err *e)
{
	char *path = self_companion(name, e);
	const void *module;

	if (!path)
		return NULL;
	module = format_open_module(path, symbol, version, e);
	free(path);
	return module;
}
#endif

#ifdef HAVE_CAIRO
static const struct render_module *render_module_load(struct err *e)
{
	return render_module_load_once(
	    "render.so", RENDER_MODULE_SYMBOL, RENDER_MODULE_VERSION, e);
}
#else
static const struct render_module *render_module_load(struct err *e)
{
	err_set(e, "this mprof was built without Cairo, which draws pictures; "
		   "mprof plot --terminal and .html need none");
	return NULL;
}
#endif

#ifdef HAVE_GRAPHVIZ
static const struct graph_module *graph_module_load(struct err *e)
{
	return render_module_load_once(
	    "graph.so", GRAPH_MODULE_SYMBOL, GRAPH_MODULE_VERSION, e);
}
#else
static const struct graph_module *graph_module_load(struct err *e)
{
	err_set(e, "this mprof was built without Graphviz's library, which "
		   "lays graphs out");
	return NULL;
}
#endif

/* Vector files grow with the columns; with this many, a series of any length
 * takes under 300 KB, and columns are finer than print. */
enum { MOST_VECTOR_COLUMNS = 2000 };

/* A graph of more boxes is no longer readable, and takes long to lay out. */
enum { GRAPH_BOXES_MAX = 400 };

static int picture_check_size(
    const struct render_request *request, double scale, struct err *e)
{
	double width = request->width * scale;
	double height = request->height * scale;

	if (request->width < LAYOUT_LEAST_WIDTH ||
	    request->height < LAYOUT_LEAST_HEIGHT)
		return err_set(e,
		    "%.0fx%.0f: too small for a chart, which "
		    "takes at least %dx%d",
		    request->width, request->height, LAYOUT_LEAST_WIDTH,
		    LAYOUT_LEAST_HEIGHT);
	if (width > RENDER_MOST_PIXELS || height > RENDER_MOST_PIXELS)
		return err_set(e,
		    "%.0fx%.0f: a picture has at most %d pixels a side; use a "
		    "smaller --size or --scale",
		    width, height, RENDER_MOST_PIXELS);
	return 0;
}

static int formats_draw(const struct render_request *request,
    const struct render_module *module, const struct render_job *job,
    struct err *e)
{
	return job->picture == PICTURE_SVG && !request->text_as_paths
		   ? svg_write(job->drawing, job->palette, job->out, e)
		   : module->draw(job, e);
}

static bool picture_has_pixels(enum picture picture)
{
	return picture == PICTURE_PNG || picture == PICTURE_SIXEL;
}

/* Lays a chart out, in the requested space. */
static int picture_draw_chart(const struct render_request *request,
    const struct render_module *module, const struct render_job *job,
    struct err *e)
{
	struct layout_request layout = {.width = request->width,
	    .height = request->height,
	    .density = job->scale,
	    .most_columns =
		picture_has_pixels(job->picture) ? 0 : MOST_VECTOR_COLUMNS,
	    .every_sample = request->every_sample,
	    .measure = {module->text_width, job->fonts}};
	struct render_job full = *job;
	struct drawing drawing;
	int got;

	layout_scene(&drawing, request->scene, &layout);
	full.drawing = &drawing;
	got = formats_draw(request, module, &full, e);
	drawing_finish(&drawing);
	return got;
}

/* Measures a graph with the fonts, has it laid out, and makes the picture as
 * large as that; a picture of too many pixels is scaled down. */
static int picture_draw_graph(const struct render_request *request,
    const struct graph_module *layouter, const struct render_module *module,
    const struct render_job *job, struct err *e)
{
	struct text_measure measure = {module->text_width, job->fonts};
	struct render_job full = *job;
	struct graph *graph = request->graph;
	struct drawing drawing = {0};
	double most;
	int got;

	graph_measure(graph, &measure);
	if (layouter->place(graph, e) != 0)
		return -1;
	graph_draw(&drawing, graph, &measure);
	most = fmax(drawing.width, drawing.height);
	if (job->picture == PICTURE_PNG && most > RENDER_MOST_PIXELS)
		full.scale = (RENDER_MOST_PIXELS - 1) / most;
	full.drawing = &drawing;
	got = formats_draw(request, module, &full, e);
	drawing_finish(&drawing);
	return got;
}

static int picture_check_boxes(const struct graph *graph, struct err *e)
{
	return graph->boxes.len <= GRAPH_BOXES_MAX
		   ? 0
		   : err_set(e,
			 "%zu boxes: a picture has at most %d; use a smaller "
			 "--count or --depth",
			 graph->boxes.len, GRAPH_BOXES_MAX);
}

bool picture_can_draw_graphs(struct err *e)
{
	return graph_module_load(e) && render_module_load(e);
}

int render_picture(
    const struct render_request *request, FILE *out, struct err *e)
{
	enum picture picture = request->format->picture;
	struct render_job job = {.palette = &palettes[request->theme],
	    .picture = picture,
	    .scale = picture_has_pixels(picture) ? request->scale : 1,
	    .out = out};
	const struct graph_module *layouter = NULL;
	const struct render_module *module;
	int got;

	if (request->scene)
		got = picture_check_size(request, job.scale, e);
	else
		got = picture_check_boxes(request->graph, e);
	if (got == 0 && !request->scene)
		got = (layouter = graph_module_load(e)) ? 0 : -1;
	module = got == 0 ? render_module_load(e) : NULL;
	job.fonts = module ? module->fonts_create(e) : NULL;
	if (!job.fonts)
		return -1;
	if (layouter)
		got = picture_draw_graph(request, layouter, module, &job, e);
	else
		got = picture_draw_chart(request, module, &job, e);
	if (got == 0 && request->warning)
		module->fonts_check(request->warning);
	module->fonts_destroy(job.fonts);
	return got;
}

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
	html_write(request->scene,
	    !request->theme_is_given         ? NULL
	    : request->theme == PALETTE_DARK ? "dark"
					     : "light",
	    out);
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
    {"png", "a bitmap picture", render_picture,
	.draws = RENDER_CHART | RENDER_GRAPH, .picture = PICTURE_PNG,
	.binary = true},
    {"svg", "a vector picture", render_picture,
	.draws = RENDER_CHART | RENDER_GRAPH, .picture = PICTURE_SVG},
    {"pdf", "a page", render_picture, .draws = RENDER_CHART | RENDER_GRAPH,
	.picture = PICTURE_PDF, .binary = true},
    {"eps", "a vector picture for TeX and print", render_picture,
	.draws = RENDER_CHART | RENDER_GRAPH, .picture = PICTURE_EPS},
    {"html", "an interactive page for a browser", render_html,
	.draws = RENDER_CHART, .can_switch = true},
    {"dot", "the language of Graphviz's programs", render_dot,
	.draws = RENDER_GRAPH},
    /* for terminals */
    {"sixel", NULL, render_picture, .draws = RENDER_CHART,
	.picture = PICTURE_SIXEL},
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

/* Formats of other tools, and what to use instead. */
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

/* Reports which extensions are known. Returns -1. */
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
	err_set(e, "%s: %s%s with %s", path, problem,
	    strcmp(path, "-") == 0 || path_is_stream(path)
		? "the name tells no format; name a file that ends"
		: "end the name",
	    known.text);
	strbuf_finish(&known);
	return -1;
}

static int format_refuse(const char *path, enum render_subject subject,
    const char *name, struct err *e)
{
	const char *what = subject == RENDER_CHART ? "charts" : "graphs";
	size_t others =
	    sizeof(formats_of_others) / sizeof(formats_of_others[0]);
	char problem[256];

	for (size_t i = 0; i < others; i++) {
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

	if (!*path)
		err_set(e, "the output's name is empty; name a file");
	else if (!format && name)
		format_refuse(path, subject, name, e);
	else if (!format)
		format_advise(path, subject, "", e);
	return format;
}
