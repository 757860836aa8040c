// SPDX-License-Identifier: MIT
#include "render/svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"

/* Coordinates are written in hundredths of a pixel. */
enum { PARTS = 100 };

struct svg {
	const struct drawing *drawing;
	const struct palette *palette;
	FILE *out;
};

static long svg_parts(double value)
{
	return lround(value * PARTS);
}

/* Writes the number without trailing zeros, after a space where it could be
 * read as part of the previous one: "12.5", " .25", "-3". */
static void svg_put_parts(FILE *out, long parts, bool apart)
{
	long whole = labs(parts) / PARTS, rest = labs(parts) % PARTS;

	if (parts < 0)
		fputc('-', out);
	else if (apart)
		fputc(' ', out);
	if (whole > 0 || rest == 0)
		fprintf(out, "%ld", whole);
	if (rest % 10 > 0)
		fprintf(out, ".%02ld", rest);
	else if (rest > 0)
		fprintf(out, ".%ld", rest / 10);
}

static void svg_put_attribute(FILE *out, const char *name, double value)
{
	fprintf(out, " %s=\"", name);
	svg_put_parts(out, svg_parts(value), false);
	fputc('"', out);
}

/* XML allows no control characters, nor two further characters. */
static void svg_put_text(FILE *out, const char *text)
{
	char bytes[4];
	int32_t code;

	while ((code = utf8_next(&text)) != 0) {
		if (code == '&') {
			fputs("&amp;", out);
		} else if (code == '<') {
			fputs("&lt;", out);
		} else if (code == '>') {
			fputs("&gt;", out);
		} else if (code < ' ' || code == 0xfffe || code == 0xffff) {
			fputs("\xef\xbf\xbd", out);
		} else {
			size_t len = utf8_put(bytes, (uint32_t)code);

			fwrite(bytes, 1, len, out);
		}
	}
}

static void svg_put_title(FILE *out, const char *title)
{
	fputs("<title>", out);
	svg_put_text(out, title);
	fputs("</title>", out);
}

/* Writes "fill" or "stroke", with its opacity. */
static void svg_put_colour(
    const struct svg *svg, const char *what, enum role role, double opacity)
{
	fprintf(
	    svg->out, " %s=\"#%06" PRIx32 "\"", what, svg->palette->rgb[role]);
	if (opacity < 1)
		fprintf(svg->out, " %s-opacity=\"%.2f\"", what, opacity);
}

/* Each point except the first of a part is written relative to the previous
 * one, which takes fewer bytes. */
static void svg_put_path(const struct svg *svg, const struct shape *shape)
{
	const struct draw_point *points =
	    svg->drawing->points.items + shape->first;
	long x = 0, y = 0;

	fputs("<path d=\"", svg->out);
	for (size_t i = 0; i < shape->len; i++) {
		long to_x = svg_parts(points[i].x);
		long to_y = svg_parts(points[i].y);
		bool starts = i == 0 || points[i].starts;
		bool second = i == 1 || (i > 1 && points[i - 1].starts);

		if (starts && i > 0 && shape->kind == SHAPE_AREA)
			fputc('z', svg->out);
		if (starts)
			fputc('M', svg->out);
		else if (second)
			fputc('l', svg->out);
		svg_put_parts(
		    svg->out, starts ? to_x : to_x - x, !starts && !second);
		svg_put_parts(svg->out, starts ? to_y : to_y - y, true);
		/* a part of one point is a dot, with round caps */
		if (starts && shape->kind == SHAPE_LINE &&
		    (i + 1 == shape->len || points[i + 1].starts))
			fputc('z', svg->out);
		x = to_x;
		y = to_y;
	}
	fputc('"', svg->out);
}

static void svg_open_box(const struct svg *svg, const struct shape *shape)
{
	fputs("<rect", svg->out);
	svg_put_attribute(svg->out, "x", shape->box.x);
	svg_put_attribute(svg->out, "y", shape->box.y);
	svg_put_attribute(svg->out, "width", shape->box.w);
	svg_put_attribute(svg->out, "height", shape->box.h);
	svg_put_colour(svg, "fill", shape->role, shape->opacity);
}

static void svg_open_line(const struct svg *svg, const struct shape *shape)
{
	svg_put_path(svg, shape);
	fputs(" fill=\"none\"", svg->out);
	svg_put_colour(svg, "stroke", shape->role, shape->opacity);
	svg_put_attribute(svg->out, "stroke-width", shape->width);
	if (shape->dashed)
		svg_put_attribute(
		    svg->out, "stroke-dasharray", shape->width * 2.5);
}

static void svg_open_area(const struct svg *svg, const struct shape *shape)
{
	svg_put_path(svg, shape);
	svg_put_colour(svg, "fill", shape->role, shape->opacity);
}

static void svg_open_dot(const struct svg *svg, const struct shape *shape)
{
	fputs("<circle", svg->out);
	svg_put_attribute(svg->out, "cx", shape->box.x);
	svg_put_attribute(svg->out, "cy", shape->box.y);
	svg_put_attribute(svg->out, "r", shape->width);
	svg_put_colour(svg, "fill", shape->role, shape->opacity);
}

/* Text gets the width that the layout computed, in any font. */
static void svg_open_text(const struct svg *svg, const struct shape *shape)
{
	fputs("<text", svg->out);
	svg_put_attribute(svg->out, "x", shape->box.x);
	svg_put_attribute(svg->out, "y", shape->box.y + shape->width);
	svg_put_attribute(svg->out, "font-size", shape->width);
	svg_put_attribute(svg->out, "textLength", shape->box.w);
	fputs(" lengthAdjust=\"spacingAndGlyphs\"", svg->out);
	if (shape->bold)
		fputs(" font-weight=\"bold\"", svg->out);
	svg_put_colour(svg, "fill", shape->role, shape->opacity);
	if (!shape->halo)
		return;
	svg_put_colour(svg, "stroke", ROLE_BACKGROUND, 0.85);
	fputs(" stroke-width=\"3\" paint-order=\"stroke\"", svg->out);
}

static void svg_put_shape(const struct svg *svg, const struct shape *shape)
{
	static void (*const open[])(
	    const struct svg *, const struct shape *) = {
	    [SHAPE_BOX] = svg_open_box,
	    [SHAPE_LINE] = svg_open_line,
	    [SHAPE_AREA] = svg_open_area,
	    [SHAPE_DOT] = svg_open_dot,
	    [SHAPE_TEXT] = svg_open_text,
	};

	if (shape->kind == SHAPE_TEXT && shape->box.w <= 0)
		return;
	open[shape->kind](svg, shape);
	if (shape->clip > 0)
		fprintf(svg->out, " clip-path=\"url(#c%zu)\"", shape->clip);
	if (shape->kind == SHAPE_TEXT) {
		fputc('>', svg->out);
		svg_put_text(svg->out, shape->text);
		fputs("</text>\n", svg->out);
	} else {
		fputs("/>\n", svg->out);
	}
}

/* Shapes of one thing form a group, which has its title. */
static void svg_put_shapes(const struct svg *svg)
{
	const struct drawing *drawing = svg->drawing;
	size_t group = 0;

	for (size_t i = 0; i < drawing->shapes.len; i++) {
		const struct draw_group *at = NULL;

		while (group < drawing->groups.len &&
		       drawing->groups.items[group].end <= i)
			group++;
		if (group < drawing->groups.len)
			at = &drawing->groups.items[group];
		if (at && at->first == i) {
			fputs("<g>", svg->out);
			svg_put_title(svg->out, at->title);
		}
		svg_put_shape(svg, &drawing->shapes.items[i]);
		if (at && at->end == i + 1)
			fputs("</g>\n", svg->out);
	}
}

/* Half a line more, for lines along an edge. */
static void svg_put_clips(const struct svg *svg)
{
	const struct drawing *drawing = svg->drawing;

	for (size_t i = 0; i < drawing->clips.len; i++) {
		const struct draw_box *clip = &drawing->clips.items[i];

		fprintf(svg->out, "<clipPath id=\"c%zu\"><rect", i + 1);
		svg_put_attribute(svg->out, "x", clip->x - 2);
		svg_put_attribute(svg->out, "y", clip->y - 2);
		svg_put_attribute(svg->out, "width", clip->w + 4);
		svg_put_attribute(svg->out, "height", clip->h + 4);
		fputs("/></clipPath>\n", svg->out);
	}
}

int svg_write(const struct drawing *drawing, const struct palette *palette,
    FILE *out, struct err *e)
{
	const struct svg svg = {drawing, palette, out};

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	      "<svg xmlns=\"http://www.w3.org/2000/svg\"",
	    out);
	svg_put_attribute(out, "width", drawing->width);
	svg_put_attribute(out, "height", drawing->height);
	fprintf(out, " viewBox=\"0 0 %g %g\"", drawing->width, drawing->height);
	fputs(" font-family=\"DejaVu Sans, Verdana, sans-serif\""
	      " stroke-linejoin=\"round\" stroke-linecap=\"round\""
	      " xml:space=\"preserve\" style=\"white-space:pre\">\n",
	    out);
	svg_put_title(out, drawing->title);
	fputs("\n<rect width=\"100%\" height=\"100%\"", out);
	svg_put_colour(&svg, "fill", ROLE_BACKGROUND, 1);
	fputs("/>\n", out);
	svg_put_clips(&svg);
	svg_put_shapes(&svg);
	fputs("</svg>\n", out);
	return fflush(out) != 0 || ferror(out)
		   ? err_errno(e, "the chart can't be written")
		   : 0;
}
