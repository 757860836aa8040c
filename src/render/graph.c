// SPDX-License-Identifier: MIT
#include "render/graph.h"

#include <math.h>

#include "render/graph_module.h"
#include "render/module.h"

/* The fonts measure, the layouter places, all is drawn. A picture of more
 * pixels than can be is made smaller. */
static int render_graph_draw(struct graph *graph,
    const struct graph_module *layouter, const struct render_module *module,
    struct render_job job, struct err *e)
{
	struct text_measure measure = {module->text_width, job.fonts};
	struct drawing drawing = {0};
	double most;
	int got;

	graph_measure(graph, &measure);
	if (layouter->place(graph, e) != 0)
		return -1;
	graph_draw(&drawing, graph, &measure);
	most = fmax(drawing.width, drawing.height);
	if (job.picture == PICTURE_PNG && most > RENDER_MOST_PIXELS)
		job.scale = (RENDER_MOST_PIXELS - 1) / most;
	job.drawing = &drawing;
	got = module->draw(&job, e);
	drawing_finish(&drawing);
	return got;
}

bool graph_can_render(struct err *e)
{
	return graph_module_load(e) && render_module_load(e);
}

int graph_render(struct graph *graph, enum picture picture,
    enum palette_theme theme, FILE *out, struct err *e)
{
	const struct graph_module *layouter;
	const struct render_module *module;
	struct render_job job = {.palette = palette_of(theme),
	    .picture = picture,
	    .scale = 1,
	    .out = out};
	int got;

	if (graph->boxes.len > GRAPH_BOXES_MAX)
		return err_set(e,
		    "%zu boxes: a picture has at most %d; take a smaller "
		    "--count or --depth",
		    graph->boxes.len, GRAPH_BOXES_MAX);
	layouter = graph_module_load(e);
	module = layouter ? render_module_load(e) : NULL;
	if (!module)
		return -1;
	job.fonts = module->fonts_create(e);
	if (!job.fonts)
		return -1;
	got = render_graph_draw(graph, layouter, module, job, e);
	module->fonts_destroy(job.fonts);
	return got;
}
