// SPDX-License-Identifier: MIT
#include "analysis/downsample.h"

#include <math.h>

#include "analysis/robust.h"

enum { FEW = 8, MEDIAN_OF = 1001 };

/* Indices of the four samples of the present column. */
struct downsample_column {
	size_t first, low, high, last;
	long number;
	bool starts;
	bool open;
};

static void downsample_add_point(struct downsample *out,
    const struct series *series, size_t i,
    const struct downsample_column *column)
{
	const struct sample *sample = &series->items[i];

	*array_push(&out->points) = (struct downsample_point){sample->time_s,
	    sample->mib, column->number, column->starts && i == column->first};
}

static void downsample_close_column(struct downsample *out,
    const struct series *series, struct downsample_column *column)
{
	size_t a = column->low < column->high ? column->low : column->high;
	size_t b = column->low < column->high ? column->high : column->low;

	if (!column->open)
		return;
	downsample_add_point(out, series, column->first, column);
	if (a != column->first && a != column->last)
		downsample_add_point(out, series, a, column);
	if (b != column->first && b != column->last && b != a)
		downsample_add_point(out, series, b, column);
	if (column->last != column->first)
		downsample_add_point(out, series, column->last, column);
	column->open = false;
}

static long downsample_column_of(
    const struct downsample_view *view, double time_s)
{
	double place = (time_s - view->from_s) / (view->to_s - view->from_s) *
		       (double)view->columns;

	if (place < 0)
		return -1;
	/* A sample on the right edge belongs to the last column. */
	if (time_s == view->to_s)
		return (long)view->columns - 1;
	if (place >= (double)view->columns)
		return (long)view->columns;
	return (long)place;
}

static bool downsample_is_gap(
    const struct series *series, size_t i, double gap_s)
{
	return gap_s > 0 &&
	       series->items[i].time_s - series->items[i - 1].time_s > gap_s;
}

/* Sum over the samples of a column so far. */
struct downsample_sum {
	double mib;
	size_t count;
	long column;
	bool starts;
};

static void downsample_close_sum(struct downsample *out,
    struct downsample_sum *sum, const struct downsample_view *view)
{
	if (sum->count > 0 && sum->column >= 0 &&
	    sum->column < (long)view->columns)
		*array_push(&out->means) =
		    (struct downsample_mean){sum->mib / (double)sum->count,
			sum->count, sum->column, sum->starts};
}

/* Index behind the last sample, from first on, whose column is number. The
 * samples are sorted by time: steps that double, then a binary search. */
static size_t downsample_column_end(const struct downsample_view *view,
    const struct series *series, size_t first, long number)
{
	const struct sample *items = series->items;
	size_t low = first, high, step = 1;

	while (step < series->len - low &&
	       downsample_column_of(view, items[low + step].time_s) == number) {
		low += step;
		step *= 2;
	}
	high = step < series->len - low ? low + step : series->len;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (downsample_column_of(view, items[middle].time_s) == number)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* Adds the samples [from, until), all of one column. */
static void downsample_add(struct downsample_column *column,
    struct downsample_sum *sum, const struct series *series, size_t from,
    size_t until)
{
	const struct sample *items = series->items;
	double low = items[column->low].mib, high = items[column->high].mib;
	double mib = sum->mib;

	for (size_t i = from; i < until; i++) {
		if (items[i].mib < low) {
			low = items[i].mib;
			column->low = i;
		}
		if (items[i].mib > high) {
			high = items[i].mib;
			column->high = i;
		}
		mib += items[i].mib;
	}
	sum->mib = mib;
	sum->count += until - from;
	column->last = until - 1;
}

void downsample_m4(struct downsample *out, const struct series *series,
    const struct downsample_view *view)
{
	size_t first = series_find(series, view->from_s), until;
	struct downsample_column column = {.open = false};
	struct downsample_sum sum = {.column = -2};

	*out = (struct downsample){0};
	if (first > 0)
		first--;
	for (size_t i = first; i < series->len; i = until) {
		long number =
		    downsample_column_of(view, series->items[i].time_s);
		bool gap = i == first ||
			   (number != column.number &&
			       downsample_is_gap(series, i, view->gap_s));

		if (number != sum.column) {
			downsample_close_sum(out, &sum, view);
			sum = (struct downsample_sum){
			    0, 0, number, gap || out->means.len == 0};
		}
		downsample_close_column(out, series, &column);
		column =
		    (struct downsample_column){i, i, i, i, number, gap, true};
		if (number == (long)view->columns)
			break;
		until = view->every
			    ? i + 1
			    : downsample_column_end(view, series, i, number);
		downsample_add(&column, &sum, series, i, until);
	}
	downsample_close_column(out, series, &column);
	downsample_close_sum(out, &sum, view);
}

void downsample_finish(struct downsample *out)
{
	array_free(&out->points);
	array_free(&out->means);
}

double downsample_interval(const struct series *series)
{
	double steps[MEDIAN_OF];
	size_t count = 0, pairs = series->len > 0 ? series->len - 1 : 0;
	size_t stride = pairs / MEDIAN_OF + 1;

	for (size_t i = 0; i < pairs; i += stride)
		steps[count++] =
		    series->items[i + 1].time_s - series->items[i].time_s;
	if (count == 0)
		return 0;
	return robust_select(steps, count, count / 2);
}

double downsample_gap(const struct series *series)
{
	if (series->len < FEW)
		return 0;
	/* The two samples kept of a stretch may be at its start, and the next
	 * stretch's at its end. */
	return fmax(fmax(5 * downsample_interval(series), 0.5),
	    2.5 * series->stretch_s);
}
