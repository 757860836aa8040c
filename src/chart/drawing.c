// SPDX-License-Identifier: MIT
#include "chart/drawing.h"

#include <stdlib.h>

void drawing_finish(struct drawing *drawing)
{
	for (size_t i = 0; i < drawing->shapes.len; i++)
		free(drawing->shapes.items[i].text);
	array_free(&drawing->shapes);
	array_free(&drawing->points);
	array_free(&drawing->clips);
	free(drawing->title);
	*drawing = (struct drawing){0};
}

static void print_points(
    const struct drawing *drawing, const struct shape *shape, FILE *out)
{
	for (size_t i = 0; i < shape->len; i++) {
		const struct draw_point *point =
		    &drawing->points.items[shape->first + i];

		fprintf(out, " %c%.1f,%.1f", point->starts ? 'M' : 'L',
		    point->x, point->y);
	}
}

void drawing_print(const struct drawing *drawing, FILE *out)
{
	static const char *const kinds[] = {
	    "box", "line", "area", "dot", "text"};

	fprintf(out, "drawing %.0fx%.0f\n", drawing->width, drawing->height);
	for (size_t i = 0; i < drawing->shapes.len; i++) {
		const struct shape *shape = &drawing->shapes.items[i];

		fprintf(
		    out, "%s %s", kinds[shape->kind], role_name(shape->role));
		if (shape->kind == SHAPE_LINE || shape->kind == SHAPE_AREA)
			print_points(drawing, shape, out);
		else
			fprintf(out, " %.1f,%.1f %.1fx%.1f", shape->box.x,
			    shape->box.y, shape->box.w, shape->box.h);
		if (shape->text)
			fprintf(out, " %.1f%s \"%s\"", shape->width,
			    shape->bold ? " bold" : "", shape->text);
		fputc('\n', out);
	}
}
