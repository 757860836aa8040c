// SPDX-License-Identifier: MIT
#include "render/picture.h"

#include <math.h>

#include "layout/layout.h"
#include "render/module.h"

/* Files of lines grow with the columns; so many keep one series of any length
 * under 300 KB, and on paper they are finer than print. */
enum { MOST_VECTOR_COLUMNS = 2000 };

static int check_size(
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
		    "%.0fx%.0f: a picture has at most %d pixels "
		    "a side; take a smaller --size or --scale",
		    width, height, RENDER_MOST_PIXELS);
	return 0;
}

/* A chart is laid out here, in the space that was asked for. */
static int draw_chart(const struct render_request *request,
    const struct render_module *module, const struct render_job *job,
    struct err *e)
{
	struct layout_request layout = {.width = request->width,
	    .height = request->height,
	    .density = job->scale,
	    .most_columns =
		job->picture == PICTURE_PNG ? 0 : MOST_VECTOR_COLUMNS,
	    .every_sample = request->every_sample,
	    .measure = {module->text_width, job->fonts}};
	struct render_job full = *job;
	struct drawing drawing;
	int got;

	layout_scene(&drawing, request->scene, &layout);
	full.drawing = &drawing;
	got = module->draw(&full, e);
	drawing_finish(&drawing);
	return got;
}

/* A graph is measured with the fonts, laid out by the layouter, and as large as
 * it takes; one of more pixels than can be is made smaller. */
static int draw_graph(struct graph *graph, const struct graph_module *layouter,
    const struct render_module *module, const struct render_job *job,
    struct err *e)
{
	struct text_measure measure = {module->text_width, job->fonts};
	struct render_job full = *job;
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
	got = module->draw(&full, e);
	drawing_finish(&drawing);
	return got;
}

static int check_boxes(const struct graph *graph, struct err *e)
{
	return graph->boxes.len <= GRAPH_BOXES_MAX
		   ? 0
		   : err_set(e,
			 "%zu boxes: a picture has at most %d; take a smaller "
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
	struct render_job job = {.palette = palette_of(request->theme),
	    .picture = picture,
	    .scale = picture == PICTURE_PNG ? request->scale : 1,
	    .out = out};
	const struct graph_module *layouter = NULL;
	const struct render_module *module;
	int got;

	if (request->scene)
		got = check_size(request, job.scale, e);
	else
		got = check_boxes(request->graph, e);
	if (got == 0 && !request->scene)
		got = (layouter = graph_module_load(e)) ? 0 : -1;
	module = got == 0 ? render_module_load(e) : NULL;
	job.fonts = module ? module->fonts_create(e) : NULL;
	if (!job.fonts)
		return -1;
	if (request->scene)
		got = draw_chart(request, module, &job, e);
	else
		got = draw_graph(request->graph, layouter, module, &job, e);
	if (got == 0 && request->warning)
		module->fonts_check(request->warning);
	module->fonts_destroy(job.fonts);
	return got;
}
