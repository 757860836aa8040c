// SPDX-License-Identifier: MIT
#include "scene/axis.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/units.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

struct axis_unit {
	const char *name;
	double size; /* in MiB or seconds */
};

static const struct axis_unit memory_units[] = {{"B", 1.0 / 1048576},
    {"KiB", 1.0 / 1024}, {"MiB", 1}, {"GiB", 1024}, {"TiB", 1048576},
    {"PiB", 1073741824}};

/* Times from this number of units on are written in several units. */
#define LONG_TIME 99.5

static const struct axis_unit time_units[] = {
    {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}};

static const struct axis_unit number_unit = {"", 1};

enum { MEMORY_MIB = 2 };

/* The largest unit that is not larger than size. */
static const struct axis_unit *unit_for(
    const struct axis_unit *units, size_t count, double size)
{
	size_t i = count - 1;

	while (i > 0 && size < units[i].size)
		i--;
	return &units[i];
}

/* The unit in which the size is written with three digits: 1023.9 MiB is 1.00
 * GiB. */
static const struct axis_unit *memory_unit(double mib)
{
	if (mib == 0)
		return &memory_units[MEMORY_MIB];
	return unit_for(memory_units, LEN(memory_units), fabs(mib) / 0.9995);
}

/* Index of the first multiple of step in the axis. */
static int64_t axis_first_multiple(double low, double step)
{
	return (int64_t)ceil(low / step - 1e-9);
}

static int64_t axis_last_multiple(double high, double step)
{
	return (int64_t)floor(high / step + 1e-9);
}

static int64_t axis_multiples(double low, double high, double step)
{
	return axis_last_multiple(high, step) - axis_first_multiple(low, step) +
	       1;
}

/* The nth step of 1, 2, 5, 10, 20 ... times a power of ten. */
static double axis_decimal_step(int power, int n)
{
	static const double mantissas[] = {1, 2, 5};

	return mantissas[n % 3] * pow(10, power + n / 3);
}

struct axis_range {
	double low, high;
	size_t most;
};

/* The smallest decimal step with at most that many multiples in the range, or a
 * smaller one rather than fewer than two multiples. */
static double axis_choose_decimal(const struct axis_range *range)
{
	double span = range->high - range->low;
	int power = (int)floor(log10(span / (double)range->most)) - 1;
	double best = axis_decimal_step(power, 0);

	for (int n = 0; n < 12; n++) {
		double step = axis_decimal_step(power, n);
		int64_t count = axis_multiples(range->low, range->high, step);

		if (count < 2)
			break;
		best = step;
		if (count <= (int64_t)range->most)
			break;
	}
	return best;
}

/* The same with steps that suit clocks; decimals below the first of these, and
 * multiples of the last. */
static double axis_choose_from(
    const double *steps, size_t count, const struct axis_range *range)
{
	double last = steps[count - 1], best = 0;
	struct axis_range rest = {
	    range->low / last, range->high / last, range->most};

	if (axis_multiples(range->low, range->high, steps[0]) < 2)
		return axis_choose_decimal(range);
	if ((range->high - range->low) / last > (double)range->most)
		return last * fmax(1, axis_choose_decimal(&rest));
	for (size_t i = 0; i < count; i++) {
		int64_t ticks =
		    axis_multiples(range->low, range->high, steps[i]);

		if (ticks < 2)
			break;
		best = steps[i];
		if (ticks <= (int64_t)range->most)
			break;
	}
	return best;
}

static int axis_decimals(double step)
{
	int places = (int)ceil(-log10(step) - 1e-9);

	/* 0.25 needs one more than its power of ten */
	if (places >= 0 && places < 12 &&
	    fabs(step * pow(10, places) - round(step * pow(10, places))) > 1e-6)
		places++;
	return places < 0 ? 0 : places > 12 ? 12 : places;
}

static void axis_add_tick(
    struct axis_ticks *ticks, double value, const char *label)
{
	struct tick *tick = &ticks->items[ticks->len++];

	tick->value = value;
	snprintf(tick->label, sizeof(tick->label), "%s", label);
}

static void axis_add_number(
    struct axis_ticks *ticks, double number, double size)
{
	char label[32];

	if (number == 0)
		snprintf(label, sizeof(label), "0");
	else if (fabs(number) >= 1e12)
		snprintf(label, sizeof(label), "%.6g", number);
	else
		snprintf(label, sizeof(label), "%.*f",
		    axis_decimals(ticks->step / size), number);
	axis_add_tick(ticks, number * size, label);
}

/* Multiples of a step along an axis. */
struct axis_steps {
	int64_t first, last;
};

/* Makes room for the ticks of a step; at most 201 of them. */
static struct axis_steps ticks_begin(
    struct axis_ticks *ticks, const struct axis_range *range, double step)
{
	struct axis_steps steps = {axis_first_multiple(range->low, step),
	    axis_last_multiple(range->high, step)};

	if (steps.last - steps.first > 200)
		steps.last = steps.first + 200;
	ticks->items = mem_zero(
	    (size_t)(steps.last - steps.first + 1), sizeof(ticks->items[0]));
	ticks->step = step;
	return steps;
}

static void axis_number_ticks(const struct axis *axis,
    const struct axis_unit *unit, struct axis_ticks *ticks)
{
	struct axis_range range = {axis->low / unit->size,
	    axis->high / unit->size, (size_t)ticks->step};
	double step = axis_choose_decimal(&range);
	struct axis_steps at = ticks_begin(ticks, &range, step);

	ticks->step = step * unit->size;
	for (int64_t i = at.first; i <= at.last; i++)
		axis_add_number(ticks, (double)i * step, unit->size);
	snprintf(ticks->unit, sizeof(ticks->unit), "%s", unit->name);
}

/* "30 s", "1 min", "1 min 30 s": in the form of units_duration(). */
static void axis_duration_ticks(
    const struct axis *axis, struct axis_ticks *ticks)
{
	static const double steps[] = {1, 2, 5, 10, 15, 20, 30, 60, 120, 300,
	    600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 21600, 43200,
	    86400};
	struct axis_range range = {axis->low, axis->high, (size_t)ticks->step};
	double step = axis_choose_from(steps, LEN(steps), &range);
	struct axis_steps at = ticks_begin(ticks, &range, step);
	char label[UNITS_TEXT];

	for (int64_t i = at.first; i <= at.last; i++)
		axis_add_tick(ticks, (double)i * step,
		    i == 0 ? "0"
			   : units_duration_to(label, (double)i * step, step));
}

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static struct tm axis_local_time(double epoch_s)
{
	time_t whole = (time_t)floor(epoch_s);
	struct tm tm = {0};

	localtime_r(&whole, &tm);
	return tm;
}

static void axis_day_label(
    char *out, size_t size, const struct tm *tm, bool year)
{
	int len = snprintf(out, size, "%d %s", tm->tm_mday, months[tm->tm_mon]);

	if (year)
		snprintf(
		    out + len, size - (size_t)len, " %d", tm->tm_year + 1900);
}

/* A midnight is labelled with its date; with its year where that changes along
 * the axis. */
static void axis_clock_label(
    char *out, size_t size, double epoch_s, double step, bool year)
{
	int places = step < 1 ? axis_decimals(step) : 0;
	double near = epoch_s + 0.5 * pow(10, -places);
	struct tm tm = axis_local_time(near);
	bool midnight = tm.tm_hour == 0 && tm.tm_min == 0 && tm.tm_sec == 0;
	double fraction = near - floor(near);

	if (step >= 86400 || (midnight && step >= 60))
		axis_day_label(out, size, &tm, year);
	else if (step >= 60)
		snprintf(out, size, "%02d:%02d", tm.tm_hour, tm.tm_min);
	else if (places == 0)
		snprintf(out, size, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min,
		    tm.tm_sec);
	else
		snprintf(out, size, "%02d:%02d:%02d.%0*d", tm.tm_hour,
		    tm.tm_min, tm.tm_sec, places,
		    (int)(fraction * pow(10, places)));
}

/* Ticks are round in local time, by the zone's offset at the start of the axis;
 * each label has its own correct time. */
static void axis_clock_ticks(const struct axis *axis, struct axis_ticks *ticks)
{
	static const double steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600,
	    900, 1800, 3600, 7200, 10800, 21600, 43200, 86400};
	struct tm start = axis_local_time(axis->origin_s + axis->low);
	struct tm end = axis_local_time(axis->origin_s + axis->high);
	bool year = start.tm_year != end.tm_year;
	double zero = -(axis->origin_s + (double)start.tm_gmtoff);
	struct axis_range range = {
	    axis->low - zero, axis->high - zero, (size_t)ticks->step};
	double step = axis_choose_from(steps, LEN(steps), &range);
	struct axis_steps at = ticks_begin(ticks, &range, step);
	char label[32];

	for (int64_t i = at.first; i <= at.last; i++) {
		double value = (double)i * step + zero;

		axis_clock_label(
		    label, sizeof(label), axis->origin_s + value, step, year);
		axis_add_tick(ticks, value, label);
	}
	snprintf(ticks->unit, sizeof(ticks->unit), "%d %s %d %.8s",
	    start.tm_mday, months[start.tm_mon], start.tm_year + 1900,
	    start.tm_zone);
}

void axis_ticks(const struct axis *axis, size_t most, struct axis_ticks *ticks)
{
	double far = fmax(fabs(axis->low), fabs(axis->high));

	*ticks = (struct axis_ticks){.step = (double)(most < 2 ? 2 : most)};
	if (axis->kind == AXIS_CLOCK)
		axis_clock_ticks(axis, ticks);
	else if (axis->kind == AXIS_TIME && far >= LONG_TIME)
		axis_duration_ticks(axis, ticks);
	else if (axis->kind == AXIS_NUMBER)
		axis_number_ticks(axis, &number_unit, ticks);
	else if (axis->kind == AXIS_TIME)
		axis_number_ticks(
		    axis, unit_for(time_units, LEN(time_units), far), ticks);
	else
		axis_number_ticks(axis,
		    memory_unit(axis->unit_of > 0 ? axis->unit_of : far),
		    ticks);
}

void ticks_finish(struct axis_ticks *ticks)
{
	free(ticks->items);
	*ticks = (struct axis_ticks){0};
}

struct axis axis_memory(double high_mib)
{
	/* room for the peak's label above it */
	double high = isfinite(high_mib) && high_mib > 0 ? high_mib * 1.12 : 1;

	return (struct axis){.kind = AXIS_MEMORY,
	    .low = 0,
	    .high = high,
	    .unit_of = high / 1.12};
}
