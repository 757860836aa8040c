// SPDX-License-Identifier: MIT
#include "layout/mirror.h"

static void mirror_box(struct draw_box *box, double sum)
{
	box->x = sum - box->x - box->w;
}

/* The box of a dot is its centre, without a size. */
static bool mirror_is_inside(
    const struct draw_box *box, const struct draw_box *area)
{
	double middle = box->x + box->w / 2;

	return middle >= area->x - 1 && middle <= area->x + area->w + 1 &&
	       box->y + box->h > area->y;
}

void layout_mirror(struct drawing *drawing, size_t first_shape,
    size_t first_clip, const struct draw_box *area)
{
	double sum = 2 * area->x + area->w;

	for (size_t i = first_clip; i < drawing->clips.len; i++)
		mirror_box(&drawing->clips.items[i], sum);
	for (size_t i = first_shape; i < drawing->shapes.len; i++) {
		struct shape *shape = &drawing->shapes.items[i];

		for (size_t at = 0; at < shape->len; at++) {
			struct draw_point *point =
			    &drawing->points.items[shape->first + at];

			point->x = sum - point->x;
		}
		if (shape->len == 0 && mirror_is_inside(&shape->box, area))
			mirror_box(&shape->box, sum);
	}
}
