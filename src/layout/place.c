// SPDX-License-Identifier: MIT
#include "layout/place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

double place_x(const struct place *place, const struct plot *plot, double s)
{
	const struct axis *time = &place->scene->time;

	return plot->box.x +
	       (s - time->low) / (time->high - time->low) * plot->box.w;
}

double place_y(const struct plot *plot, double mib)
{
	const struct axis *memory = &plot->panel->memory;

	return plot->box.y + plot->box.h -
	       (mib - memory->low) / (memory->high - memory->low) * plot->box.h;
}

double place_width(const struct place *place, const struct placed_words *words)
{
	const struct text_measure *measure = &place->request->measure;

	return measure->width(
	    measure->fonts, words->text, words->size, words->bold);
}

double place_line_height(double size)
{
	return ceil(size * 1.35);
}

struct draw_box place_box(
    const struct place *place, const struct placed_words *words)
{
	double width = place_width(place, words);

	return (struct draw_box){words->x - words->align * width, words->y,
	    width, place_line_height(words->size)};
}

void place_text(struct place *place, const struct placed_words *words)
{
	struct draw_box box = place_box(place, words);
	struct shape *shape = place_shape(place, SHAPE_TEXT, words->role);

	shape->text = mem_copy(words->text);
	shape->width = words->size;
	shape->bold = words->bold;
	shape->halo = words->halo;
	shape->box = box;
}

/* Text of any length: first as many columns as could fit at most, then fewer
 * and fewer, by halving. */
char *place_shorten(
    const struct place *place, const struct placed_words *words, double width)
{
	size_t size = strlen(words->text) + 8;
	char *cut = mem_zero(size, 1);
	size_t columns = utf8_width(words->text), low = 3, high;
	struct placed_words trial = *words;

	trial.text = cut;
	high = (size_t)fmax(4, 6 * width / words->size);
	utf8_shorten(cut, size, words->text, columns < high ? columns : high);
	if (place_width(place, &trial) <= width)
		return cut;
	while (low + 1 < high) {
		size_t mid = (low + high) / 2;

		utf8_shorten(cut, size, words->text, mid);
		if (place_width(place, &trial) <= width)
			low = mid;
		else
			high = mid;
	}
	utf8_shorten(cut, size, words->text, low);
	if (low > 3 || place_width(place, &trial) <= width)
		return cut;
	free(cut);
	return NULL;
}

static bool place_overlap(const struct draw_box *a, const struct draw_box *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h &&
	       b->y < a->y + a->h;
}

bool place_is_free(const struct place *place, const struct plot *plot,
    const struct draw_box *box)
{
	const struct draw_box *in = &plot->box;
	double air = 1.2 * place->font; /* between the plot and what's above */

	if (box->x < in->x || box->y < in->y - air ||
	    box->x + box->w > in->x + in->w || box->y + box->h > in->y + in->h)
		return false;
	for (size_t i = 0; i < place->taken.len; i++) {
		if (place_overlap(&place->taken.items[i], box))
			return false;
	}
	return true;
}

bool place_take(
    struct place *place, const struct plot *plot, const struct draw_box *box)
{
	if (!place_is_free(place, plot, box) ||
	    place_overlap(&place->level, box))
		return false;
	*array_push(&place->taken) = *box;
	return true;
}

struct shape *place_shape(
    struct place *place, enum shape_kind kind, enum role role)
{
	struct shape *shape = array_push(&place->drawing->shapes);

	*shape = (struct shape){.kind = kind,
	    .role = role,
	    .opacity = 1,
	    .first = place->drawing->points.len};
	return shape;
}

void place_point(struct place *place, double x, double y, bool starts)
{
	struct drawing *drawing = place->drawing;

	*array_push(&drawing->points) = (struct draw_point){x, y, starts};
	drawing->shapes.items[drawing->shapes.len - 1].len++;
}

void place_stroke(struct place *place, enum role role, double width,
    const struct draw_box *from_to, const struct plot *plot)
{
	struct shape *shape = place_shape(place, SHAPE_LINE, role);

	shape->width = width;
	shape->clip = plot ? plot->clip : 0;
	place_point(place, from_to->x, from_to->y, true);
	place_point(
	    place, from_to->x + from_to->w, from_to->y + from_to->h, false);
}
