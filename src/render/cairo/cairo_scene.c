// SPDX-License-Identifier: MIT
#include <cairo-pdf.h>
#include <cairo-ps.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_FONTCONFIG
#include <fontconfig/fontconfig.h>
#endif

#include "base/mem.h"
#include "render/cairo/sixel.h"
#include "render/cairo/text.h"
#include "render/module.h"

/* Charts consist of similar rows: the row above predicts nearly all of the
 * next, and higher levels take longer for hardly any gain. */
enum { COMPRESSION = 1 };

/* A picture of pixels, to be written as a PNG. Cairo's own writer tries every
 * filter on each row, which takes longer than drawing the chart. */
struct png_picture {
	const unsigned char *pixels; /* rows of 32 bits a pixel, 0x00RRGGBB */
	size_t stride;               /* bytes from row to row */
	uint32_t width, height;
};

struct writing {
	FILE *out;
	int error; /* errno of a failed write */
	char reason[80];
};

static void cairo_scene_png_error(png_structp png, png_const_charp text)
{
	struct writing *writing = png_get_error_ptr(png);

	snprintf(writing->reason, sizeof(writing->reason), "%s", text);
	png_longjmp(png, 1);
}

static void cairo_scene_png_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void cairo_scene_png_write_bytes(
    png_structp png, png_bytep bytes, size_t len)
{
	struct writing *writing = png_get_io_ptr(png);

	if (fwrite(bytes, 1, len, writing->out) == len)
		return;
	writing->error = errno;
	png_error(png, "write failed");
}

static void cairo_scene_png_flush(png_structp png)
{
	(void)png;
}

static void cairo_scene_png_write_rows(
    png_structp png, const struct png_picture *picture, unsigned char *row)
{
	for (uint32_t y = 0; y < picture->height; y++) {
		const unsigned char *from =
		    picture->pixels + y * picture->stride;
		unsigned char *to = row;

		for (uint32_t x = 0; x < picture->width; x++, to += 3) {
			uint32_t pixel;

			memcpy(&pixel, from + 4 * (size_t)x, sizeof(pixel));
			to[0] = pixel >> 16 & 255;
			to[1] = pixel >> 8 & 255;
			to[2] = pixel & 255;
		}
		png_write_row(png, row);
	}
}

/* Owns nothing that libpng's longjmp would leak. */
static void cairo_scene_png_write_all(png_structp png, png_infop info,
    const struct png_picture *picture, unsigned char *row)
{
	png_set_IHDR(png, info, picture->width, picture->height, 8,
	    PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
	    PNG_FILTER_TYPE_BASE);
	png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
	png_set_compression_level(png, COMPRESSION);
	png_write_info(png, info);
	cairo_scene_png_write_rows(png, picture, row);
	png_write_end(png, NULL);
}

static int cairo_scene_png_write(
    const struct png_picture *picture, FILE *out, struct err *e)
{
	struct writing writing = {.out = out};
	unsigned char *const row = mem_zero(picture->width, 3);
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING,
	    &writing, cairo_scene_png_error, cairo_scene_png_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	volatile int got = -1;

	if (!info) {
		snprintf(writing.reason, sizeof(writing.reason),
		    "libpng can't be used");
	} else if (setjmp(png_jmpbuf(png)) == 0) {
		png_set_write_fn(png, &writing, cairo_scene_png_write_bytes,
		    cairo_scene_png_flush);
		cairo_scene_png_write_all(png, info, picture, row);
		got = 0;
	}
	png_destroy_write_struct(&png, &info);
	free(row);
	errno = writing.error;
	if (got != 0 && errno != 0)
		return err_errno(e, "the chart can't be written");
	return got == 0
		   ? 0
		   : err_set(e, "the chart can't be drawn: %s", writing.reason);
}

/* One painting: the job and its surface. */
struct canvas {
	const struct render_job *job;
	cairo_t *cr;
};

static void cairo_scene_set_colour(
    struct canvas *canvas, enum role role, double opacity)
{
	uint32_t rgb = canvas->job->palette->rgb[role];

	cairo_set_source_rgba(canvas->cr, (rgb >> 16 & 255) / 255.0,
	    (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, opacity);
}

static void cairo_scene_trace_points(
    struct canvas *canvas, const struct shape *shape)
{
	const struct draw_point *points =
	    canvas->job->drawing->points.items + shape->first;

	for (size_t i = 0; i < shape->len; i++) {
		if (!points[i].starts) {
			cairo_line_to(canvas->cr, points[i].x, points[i].y);
			continue;
		}
		if (i > 0 && shape->kind == SHAPE_AREA)
			cairo_close_path(canvas->cr);
		cairo_move_to(canvas->cr, points[i].x, points[i].y);
		/* a part of one point is a dot, with round caps */
		if (shape->kind == SHAPE_LINE &&
		    (i + 1 == shape->len || points[i + 1].starts))
			cairo_close_path(canvas->cr);
	}
}

static void cairo_scene_paint_box(
    struct canvas *canvas, const struct shape *shape)
{
	const struct draw_box *box = &shape->box;

	cairo_rectangle(canvas->cr, box->x, box->y, box->w, box->h);
	cairo_fill(canvas->cr);
}

static void cairo_scene_paint_line(
    struct canvas *canvas, const struct shape *shape)
{
	double dash[] = {shape->width * 2.5, shape->width * 2.5};

	cairo_set_line_width(canvas->cr, shape->width);
	cairo_set_dash(canvas->cr, dash, shape->dashed ? 2 : 0, 0);
	cairo_scene_trace_points(canvas, shape);
	cairo_stroke(canvas->cr);
}

static void cairo_scene_paint_area(
    struct canvas *canvas, const struct shape *shape)
{
	cairo_scene_trace_points(canvas, shape);
	cairo_close_path(canvas->cr);
	cairo_fill(canvas->cr);
}

static void cairo_scene_paint_dot(
    struct canvas *canvas, const struct shape *shape)
{
	cairo_arc(
	    canvas->cr, shape->box.x, shape->box.y, shape->width, 0, 2 * M_PI);
	cairo_fill(canvas->cr);
}

static void cairo_scene_paint_text(
    struct canvas *canvas, const struct shape *shape)
{
	struct text_line line = {.text = shape->text,
	    .x = shape->box.x,
	    .baseline = shape->box.y + shape->width,
	    .size = shape->width,
	    .bold = shape->bold};

	if (shape->halo) {
		cairo_scene_set_colour(canvas, ROLE_BACKGROUND, 0.85);
		cairo_set_dash(canvas->cr, NULL, 0, 0);
		cairo_set_line_width(canvas->cr, 3);
		text_path(canvas->job->fonts, canvas->cr, &line);
		cairo_stroke(canvas->cr);
		cairo_scene_set_colour(canvas, shape->role, shape->opacity);
	}
	text_show(canvas->job->fonts, canvas->cr, &line);
	cairo_new_path(canvas->cr);
}

static void cairo_scene_paint_shape(
    struct canvas *canvas, const struct shape *shape)
{
	static void (*const paint[])(struct canvas *, const struct shape *) = {
	    [SHAPE_BOX] = cairo_scene_paint_box,
	    [SHAPE_LINE] = cairo_scene_paint_line,
	    [SHAPE_AREA] = cairo_scene_paint_area,
	    [SHAPE_DOT] = cairo_scene_paint_dot,
	    [SHAPE_TEXT] = cairo_scene_paint_text,
	};

	cairo_save(canvas->cr);
	if (shape->clip > 0) {
		const struct draw_box *clip =
		    &canvas->job->drawing->clips.items[shape->clip - 1];

		/* half a line more, for lines along an edge */
		cairo_rectangle(canvas->cr, clip->x - 2, clip->y - 2,
		    clip->w + 4, clip->h + 4);
		cairo_clip(canvas->cr);
	}
	cairo_scene_set_colour(canvas, shape->role, shape->opacity);
	paint[shape->kind](canvas, shape);
	cairo_restore(canvas->cr);
}

/* The stream that Cairo writes to, and the errno of a failed write. */
struct cairo_sink {
	FILE *out;
	int error;
};

static cairo_status_t cairo_scene_write_bytes(
    void *where, const unsigned char *bytes, unsigned len)
{
	struct cairo_sink *sink = where;

	if (fwrite(bytes, 1, len, sink->out) == len)
		return CAIRO_STATUS_SUCCESS;
	sink->error = errno;
	return CAIRO_STATUS_WRITE_ERROR;
}

/* The same recording gives the same bytes: the document is dated at the
 * recording. */
static void cairo_scene_describe_pdf(
    cairo_surface_t *surface, const struct drawing *drawing)
{
	time_t created = (time_t)drawing->created_s;
	char text[64] = "";
	struct tm tm;

	if (gmtime_r(&created, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	cairo_pdf_surface_set_metadata(
	    surface, CAIRO_PDF_METADATA_CREATE_DATE, text);
	cairo_pdf_surface_set_metadata(
	    surface, CAIRO_PDF_METADATA_TITLE, drawing->title);
}

static cairo_surface_t *cairo_scene_create_surface(
    const struct render_job *job, struct cairo_sink *sink)
{
	const struct drawing *drawing = job->drawing;
	cairo_surface_t *surface;

	if (job->picture == PICTURE_PNG || job->picture == PICTURE_SIXEL)
		return cairo_image_surface_create(CAIRO_FORMAT_RGB24,
		    (int)ceil(drawing->width * job->scale),
		    (int)ceil(drawing->height * job->scale));
	if (job->picture == PICTURE_SVG) {
		surface =
		    cairo_svg_surface_create_for_stream(cairo_scene_write_bytes,
			sink, drawing->width, drawing->height);
		cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
		return surface;
	}
	if (job->picture == PICTURE_EPS) {
		surface =
		    cairo_ps_surface_create_for_stream(cairo_scene_write_bytes,
			sink, drawing->width, drawing->height);
		cairo_ps_surface_set_eps(surface, 1);
		return surface;
	}
	surface = cairo_pdf_surface_create_for_stream(
	    cairo_scene_write_bytes, sink, drawing->width, drawing->height);
	cairo_scene_describe_pdf(surface, drawing);
	return surface;
}

static void cairo_scene_paint(struct canvas *canvas)
{
	const struct drawing *drawing = canvas->job->drawing;

	cairo_scale(canvas->cr, canvas->job->scale, canvas->job->scale);
	cairo_set_line_join(canvas->cr, CAIRO_LINE_JOIN_ROUND);
	cairo_set_line_cap(canvas->cr, CAIRO_LINE_CAP_ROUND);
	cairo_scene_set_colour(canvas, ROLE_BACKGROUND, 1);
	cairo_paint(canvas->cr);
	for (size_t i = 0; i < drawing->shapes.len; i++)
		cairo_scene_paint_shape(canvas, &drawing->shapes.items[i]);
}

static int cairo_scene_save_png(
    cairo_surface_t *surface, const struct render_job *job, struct err *e)
{
	struct png_picture picture;

	cairo_surface_flush(surface);
	picture = (struct png_picture){
	    .pixels = cairo_image_surface_get_data(surface),
	    .stride = (size_t)cairo_image_surface_get_stride(surface),
	    .width = (uint32_t)cairo_image_surface_get_width(surface),
	    .height = (uint32_t)cairo_image_surface_get_height(surface)};
	return cairo_scene_png_write(&picture, job->out, e);
}

/* Errors show when the output is closed. */
static void cairo_scene_save_sixel(
    cairo_surface_t *surface, const struct render_job *job)
{
	struct sixel_picture picture;

	cairo_surface_flush(surface);
	picture = (struct sixel_picture){
	    .pixels = cairo_image_surface_get_data(surface),
	    .stride = (size_t)cairo_image_surface_get_stride(surface),
	    .width = (size_t)cairo_image_surface_get_width(surface),
	    .height = (size_t)cairo_image_surface_get_height(surface)};
	sixel_write(&picture, job->out);
}

static int cairo_scene_status_of(
    cairo_status_t status, const struct cairo_sink *sink, struct err *e)
{
	if (status == CAIRO_STATUS_SUCCESS)
		return 0;
	errno = sink->error;
	if (errno)
		return err_errno(e, "the chart can't be written");
	return err_set(
	    e, "the chart can't be drawn: %s", cairo_status_to_string(status));
}

/* Cairo dates an EPS file at the present, always in the same number of
 * characters: replaces it by the recording's date. */
static void cairo_scene_date_eps(char *text, size_t len, double created_s)
{
	static const char key[] = "%%CreationDate: ";
	char *at = memmem(text, len, key, sizeof(key) - 1), date[32];
	time_t created = (time_t)created_s;
	struct tm tm;

	if (!at || !gmtime_r(&created, &tm))
		return;
	at += sizeof(key) - 1;
	strftime(date, sizeof(date), "%a %b %e %H:%M:%S %Y", &tm);
	if (strcspn(at, "\r\n") == strlen(date))
		memcpy(at, date, strlen(date));
}

static int cairo_scene_draw_to(
    FILE *out, const struct render_job *job, struct err *e)
{
	struct cairo_sink sink = {.out = out};
	cairo_surface_t *surface = cairo_scene_create_surface(job, &sink);
	struct canvas canvas = {job, cairo_create(surface)};
	int got;

	cairo_scene_paint(&canvas);
	got = cairo_scene_status_of(cairo_status(canvas.cr), &sink, e);
	cairo_destroy(canvas.cr);
	if (got == 0 && job->picture == PICTURE_PNG)
		got = cairo_scene_save_png(surface, job, e);
	if (got == 0 && job->picture == PICTURE_SIXEL)
		cairo_scene_save_sixel(surface, job);
	cairo_surface_finish(surface);
	if (got == 0)
		got = cairo_scene_status_of(
		    cairo_surface_status(surface), &sink, e);
	cairo_surface_destroy(surface);
	return got;
}

static int cairo_scene_draw_eps(const struct render_job *job, struct err *e)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = mem_stream(&text, &len);
	int got = cairo_scene_draw_to(out, job, e);

	if (fclose(out) != 0 && got == 0)
		got = err_errno(e, "the chart can't be drawn");
	if (got == 0)
		cairo_scene_date_eps(text, len, job->drawing->created_s);
	if (got == 0 && fwrite(text, 1, len, job->out) != len)
		got = err_errno(e, "the chart can't be written");
	free(text);
	return got;
}

static int cairo_scene_draw(const struct render_job *job, struct err *e)
{
	return job->picture == PICTURE_EPS
		   ? cairo_scene_draw_eps(job, e)
		   : cairo_scene_draw_to(job->out, job, e);
}

#ifdef HAVE_FONTCONFIG
/* A configured directory that doesn't exist is no error: Fontconfig's defaults
 * name several. */
static int cairo_scene_check_fonts_in(const char *directory, struct err *e)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	if (fd >= 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	return err_set(e,
	    "%s: can't be read, %s: its fonts are missing in the picture; make "
	    "the directory readable, or name another in fontconfig's "
	    "fonts.conf",
	    directory, strerror(errno));
}

/* -1 with e where a directory of fonts can't be read: Fontconfig ignores it,
 * and uses another font. */
static int cairo_scene_check_fonts(struct err *e)
{
	FcStrList *directories = FcConfigGetFontDirs(NULL);
	const FcChar8 *directory;
	int got = 0;

	while (
	    got == 0 && directories && (directory = FcStrListNext(directories)))
		got = cairo_scene_check_fonts_in((const char *)directory, e);
	if (directories)
		FcStrListDone(directories);
	return got;
}
#else
static int cairo_scene_check_fonts(struct err *e)
{
	(void)e;
	return 0;
}
#endif

static void *cairo_scene_create_fonts(struct err *e)
{
	return text_fonts_create(e);
}

static void cairo_scene_destroy_fonts(void *fonts)
{
	text_fonts_destroy(fonts);
}

static double cairo_scene_text_width(
    void *fonts, const char *text, double size, bool bold)
{
	return text_fonts_width(fonts, text, size, bold);
}

extern const struct render_module mprof_render_module;

__attribute__((visibility("default")))
const struct render_module mprof_render_module = {
    .version = RENDER_MODULE_VERSION,
    .fonts_create = cairo_scene_create_fonts,
    .fonts_destroy = cairo_scene_destroy_fonts,
    .fonts_check = cairo_scene_check_fonts,
    .text_width = cairo_scene_text_width,
    .draw = cairo_scene_draw,
};
