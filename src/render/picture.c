// SPDX-License-Identifier: MIT
#include "render/picture.h"

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

static int render_picture(const struct render_request *request,
    enum picture picture, FILE *out, struct err *e)
{
	double scale = picture == PICTURE_PNG ? request->scale : 1;
	const struct render_module *module;
	struct layout_request layout = {.width = request->width,
	    .height = request->height,
	    .density = scale,
	    .every_sample = request->every_sample};
	struct drawing drawing;
	struct render_job job = {.drawing = &drawing,
	    .palette = palette_of(request->theme),
	    .picture = picture,
	    .scale = scale,
	    .out = out};
	int got;

	if (check_size(request, scale, e) != 0)
		return -1;
	module = render_module_load(e);
	if (!module)
		return -1;
	if (picture != PICTURE_PNG)
		layout.most_columns = MOST_VECTOR_COLUMNS;
	job.fonts = module->fonts_create(e);
	if (!job.fonts)
		return -1;
	layout.measure = (struct text_measure){module->text_width, job.fonts};
	layout_scene(&drawing, request->scene, &layout);
	got = module->draw(&job, e);
	drawing_finish(&drawing);
	module->fonts_destroy(job.fonts);
	return got;
}

int render_png(const struct render_request *request, FILE *out, struct err *e)
{
	return render_picture(request, PICTURE_PNG, out, e);
}

int render_svg(const struct render_request *request, FILE *out, struct err *e)
{
	return render_picture(request, PICTURE_SVG, out, e);
}

int render_pdf(const struct render_request *request, FILE *out, struct err *e)
{
	return render_picture(request, PICTURE_PDF, out, e);
}

int render_eps(const struct render_request *request, FILE *out, struct err *e)
{
	return render_picture(request, PICTURE_EPS, out, e);
}
