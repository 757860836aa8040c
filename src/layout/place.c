// SPDX-License-Identifier: MIT
#include "layout/place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
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

double place_width(const struct place *place, const struct text_run *run)
{
	const struct text_measure *measure = &place->request->measure;

	return measure->width(measure->fonts, run->text, run->size, run->bold);
}

double place_line_height(double size)
{
	return ceil(size * 1.35);
}

struct draw_box place_box(const struct place *place, const struct text_run *run)
{
	double width = place_width(place, run);

	return (struct draw_box){run->x - run->align * width, run->y, width,
	    place_line_height(run->size)};
}

void place_text(struct place *place, const struct text_run *run)
{
	struct draw_box box = place_box(place, run);
	struct shape *shape = place_shape(place, SHAPE_TEXT, run->role);

	shape->text = mem_copy(run->text);
	shape->width = run->size;
	shape->bold = run->bold;
	shape->halo = run->halo;
	shape->box = box;
}

/* Tries the widest number of columns that could fit, then fewer, by halving. */
char *place_shorten(
    const struct place *place, const struct text_run *run, double width)
{
	size_t size = strlen(run->text) + 8;
	char *cut = mem_zero(size, 1);
	size_t columns = utf8_width(run->text), low = 3, high;
	struct text_run trial = *run;

	trial.text = cut;
	high = (size_t)fmax(4, 6 * width / run->size);
	utf8_shorten(cut, size, run->text, columns < high ? columns : high);
	if (place_width(place, &trial) <= width)
		return cut;
	while (low + 1 < high) {
		size_t mid = (low + high) / 2;

		utf8_shorten(cut, size, run->text, mid);
		if (place_width(place, &trial) <= width)
			low = mid;
		else
			high = mid;
	}
	utf8_shorten(cut, size, run->text, low);
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
	/* Space between the plot and what is above. */
	double air = 1.2 * place->font;

	if (box->x < in->x || box->y < in->y - air ||
	    box->x + box->w > in->x + in->w || box->y + box->h > in->y + in->h)
		return false;
	for (size_t i = 0; i < place->taken.len; i++) {
		if (place_overlap(&place->taken.items[i], box))
			return false;
	}
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

void place_group(struct place *place, size_t first, char *title)
{
	size_t end = place->drawing->shapes.len;

	if (end > first)
		*array_push(&place->drawing->groups) =
		    (struct draw_group){first, end, title};
	else
		free(title);
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

enum sign {
	SIGN_LINE,
	SIGN_FILLED_LINE,
	SIGN_DASHES,
	SIGN_BOX,
	SIGN_LIGHT_BOX
};

struct layout_legend_entry {
	enum sign sign;
	enum role role;
	const char *name;
	const char *detail;             /* NULL: none */
	const struct scene_line *layer; /* in a stack; else NULL */
};

struct layout_legend {
	struct place *place;
	ARRAY(struct layout_legend_entry) entries;
	double size, row, sign_width, gap;
	size_t columns, rows;
	double column_width;
};

static void layout_legend_add_entry(struct layout_legend *legend,
    enum sign sign, enum role role, const char *name, const char *detail)
{
	*array_push(&legend->entries) =
	    (struct layout_legend_entry){sign, role, name, detail, NULL};
}

static void layout_legend_collect(
    struct layout_legend *legend, const struct scene_panel *panel)
{
	static const enum sign signs[] = {
	    [SCENE_TOTAL] = SIGN_FILLED_LINE,
	    [SCENE_RUN] = SIGN_LINE,
	    [SCENE_PROCESS] = SIGN_LINE,
	    [SCENE_STACKED] = SIGN_BOX,
	    [SCENE_TREND] = SIGN_DASHES,
	};

	size_t *order = mem_zero(panel->lines.len + 1, sizeof(order[0]));
	size_t count = scene_legend(panel, order);

	for (size_t i = 0; i < count; i++) {
		const struct scene_line *line = &panel->lines.items[order[i]];

		layout_legend_add_entry(legend,
		    line->light    ? SIGN_LIGHT_BOX
		    : line->dashed ? SIGN_DASHES
				   : signs[line->kind],
		    line->role, line->name, line->detail);
		if (scene_is_layer(line) && !line->light)
			legend->entries.items[legend->entries.len - 1].layer =
			    line;
	}
	free(order);
	for (size_t i = 0; i < panel->functions.len; i++) {
		const struct scene_function *function =
		    &panel->functions.items[i];

		layout_legend_add_entry(legend, SIGN_BOX, function->role,
		    function->name, function->detail);
	}
}

static struct text_run place_legend_run(
    const struct layout_legend *legend, const char *text)
{
	return (struct text_run){
	    .text = text, .size = legend->size, .role = ROLE_TEXT};
}

static double layout_legend_text_width(
    const struct layout_legend *legend, const char *text)
{
	struct text_run run = place_legend_run(legend, text);

	return text && *text ? place_width(legend->place, &run) : 0;
}

/* Columns are as wide as the widest entry, but a long command line must not
 * take the space of two others. */
static void layout_legend_measure(struct layout_legend *legend)
{
	double room = legend->place->drawing->width - 2 * legend->place->margin;
	double most = room < 560 ? room : room < 1600 ? room / 2 : room / 3;
	double widest = 0;

	for (size_t i = 0; i < legend->entries.len; i++) {
		const struct layout_legend_entry *entry =
		    &legend->entries.items[i];
		double width = legend->sign_width + 2 * legend->gap +
			       layout_legend_text_width(legend, entry->name) +
			       layout_legend_text_width(legend, entry->detail);

		widest = fmax(widest, width + 3 * legend->gap);
		if (widest >= most)
			break;
	}
	legend->column_width = fmin(widest, most);
	legend->columns =
	    (size_t)fmax(1, floor(room / fmax(1, legend->column_width)));
	legend->rows =
	    (legend->entries.len + legend->columns - 1) / legend->columns;
}

static void place_draw_sign(struct place *place,
    const struct layout_legend_entry *entry, const struct draw_box *box)
{
	double middle = box->y + box->h / 2;
	struct shape *shape;

	if (entry->sign == SIGN_BOX || entry->sign == SIGN_LIGHT_BOX) {
		shape = place_shape(place, SHAPE_BOX, entry->role);
		shape->box = (struct draw_box){
		    box->x, middle - box->h * 0.28, box->w, box->h * 0.56};
		shape->opacity = entry->sign == SIGN_BOX ? 1 : 0.25;
		return;
	}
	if (entry->sign == SIGN_FILLED_LINE) {
		shape = place_shape(place, SHAPE_BOX, entry->role);
		shape->box =
		    (struct draw_box){box->x, middle, box->w, box->h * 0.28};
		shape->opacity = 0.16;
	}
	place_stroke(place, entry->role, 2,
	    &(struct draw_box){box->x, middle, box->w, 0}, NULL);
	shape = &place->drawing->shapes.items[place->drawing->shapes.len - 1];
	shape->dashed = entry->sign == SIGN_DASHES;
}

static void place_draw_run(const struct layout_legend *legend,
    const struct layout_legend_entry *entry, double x, double y)
{
	double detail = layout_legend_text_width(legend, entry->detail);
	double room = legend->column_width - legend->sign_width -
		      4 * legend->gap - detail;
	size_t first = legend->place->drawing->shapes.len;
	struct text_run run =
	    place_legend_run(legend, entry->name ? entry->name : "");
	char *name = place_shorten(legend->place, &run, fmax(room, 0));

	run.x = x;
	run.y = y;
	run.text = name;
	if (name && *name) {
		double width = place_width(legend->place, &run);

		place_text(legend->place, &run);
		run.x += width + legend->gap;
		if (entry->name && strcmp(name, entry->name) != 0)
			place_group(
			    legend->place, first, mem_copy(entry->name));
	}
	free(name);
	run.text = entry->detail;
	run.role = ROLE_TEXT_SOFT;
	if (detail > 0 && run.x - x + detail <= legend->column_width -
						    legend->sign_width -
						    2 * legend->gap)
		place_text(legend->place, &run);
}

static void place_draw_entry(const struct layout_legend *legend,
    const struct layout_legend_entry *entry, size_t nth, double top)
{
	size_t column = nth / legend->rows, row = nth % legend->rows;
	double x =
	    legend->place->margin + (double)column * legend->column_width;
	double y = top + (double)row * legend->row;
	struct draw_box box = {x, y, legend->sign_width, legend->row};

	if (entry->name)
		place_draw_sign(legend->place, entry, &box);
	place_draw_run(legend, entry, x + legend->sign_width + legend->gap, y);
}

/* The sum of other processes is the last and largest entry: if not all fit, it
 * takes the last place. */
static void place_keep_sum(struct layout_legend *legend, size_t shown)
{
	struct layout_legend_entry *entries = legend->entries.items;

	for (size_t i = shown; i < legend->entries.len && shown > 0; i++) {
		if (entries[i].role == ROLE_OTHER) {
			struct layout_legend_entry sum = entries[i];

			entries[i] = entries[shown - 1];
			entries[shown - 1] = sum;
			return;
		}
	}
}

/* The highest sum of the layers from that one to the top of the stack. */
static double place_stack_above(
    const struct scene_line *from, const struct scene_line *top)
{
	double most = 0;

	for (size_t i = 0; i < from->base->len && i < top->samples->len; i++)
		most = fmax(most,
		    top->samples->items[i].mib - from->base->items[i].mib);
	return most;
}

/* Layers are listed from top to bottom. Those without a place are the highest,
 * except for the sum of small ones, and are summed up. */
static void place_draw_layers(
    struct layout_legend *legend, size_t shown, double top)
{
	const struct layout_legend_entry *entries = legend->entries.items;
	size_t count = legend->entries.len, place = 0;
	bool sum =
	    shown > 0 && shown < count && entries[count - 1].role == ROLE_OTHER;
	struct layout_legend_entry rest = {.detail = NULL};
	char size[UNITS_TEXT], *text;

	if (sum)
		place_draw_entry(legend, &entries[count - 1], place++, top);
	if (shown < count) {
		text = mem_format("%zu more, highest %s", count - shown,
		    units_size(
			size, place_stack_above(entries[shown - sum].layer,
				  entries[count - 1 - sum].layer)));
		rest.detail = text;
		place_draw_entry(legend, &rest, place++, top);
		free(text);
	}
	for (size_t i = shown - sum; i-- > 0;)
		place_draw_entry(legend, &entries[i], place++, top);
}

/* The last place says how many entries are not shown. */
static void place_draw_entries(struct layout_legend *legend, double top)
{
	size_t places = legend->rows * legend->columns;
	size_t count = legend->entries.len;
	size_t shown = count > places ? places - 1 : count;
	struct layout_legend_entry rest = {.detail = NULL};
	char *text;

	if (count > 0 && legend->entries.items[0].layer &&
	    legend->entries.items[count - 1].layer) {
		place_draw_layers(legend, shown, top);
		return;
	}
	place_keep_sum(legend, shown);
	for (size_t i = 0; i < shown; i++)
		place_draw_entry(legend, &legend->entries.items[i], i, top);
	if (shown == count)
		return;
	text = mem_format("and %zu more", count - shown);
	rest.detail = text;
	place_draw_entry(legend, &rest, shown, top);
	free(text);
}

double layout_legend(struct place *place, double bottom, double height)
{
	struct layout_legend legend = {.place = place,
	    .size = 0.95 * place->font,
	    .sign_width = 1.6 * place->font,
	    .gap = 0.5 * place->font};
	size_t most;

	for (size_t i = 0; i < place->scene->panels.len; i++) {
		const struct scene_panel *panel =
		    &place->scene->panels.items[i];

		/* The panel's title names its only line. */
		if (panel->kind != PANEL_USAGE || panel->lines.len > 1)
			layout_legend_collect(&legend, panel);
	}
	legend.row = place_line_height(legend.size);
	most = (size_t)fmax(0, floor(height / legend.row));
	/* a single line is named by the title and by its peak */
	if (legend.entries.len <= 1 || most == 0) {
		array_free(&legend.entries);
		return 0;
	}
	layout_legend_measure(&legend);
	if (legend.rows > most)
		legend.rows = most;
	height = (double)legend.rows * legend.row;
	place_draw_entries(&legend, bottom - height);
	array_free(&legend.entries);
	return height;
}
