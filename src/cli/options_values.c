// SPDX-License-Identifier: MIT
//
// The parse functions that options.h declares.
#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct values_unit {
	const char *name;
	double factor,
	    part; /* divides by part, which is exact where factor is not */
};

static const struct values_unit time_units[] = {{"", 1, 1}, {"s", 1, 1},
    {"sec", 1, 1}, {"ns", 1, 1e9}, {"us", 1, 1e6}, {"ms", 1, 1e3}, {"m", 60, 1},
    {"min", 60, 1}, {"h", 3600, 1}, {"d", 86400, 1}, {NULL, 0, 0}};

#define MIB 1048576

/* A letter alone, as in 2G, is a power of 1024, as with an i (GiB). With a B
 * and no i (GB) it is a power of ten. */
static const struct values_unit size_units[] = {{"", 1, 1}, {"b", 1, MIB},
    {"k", 1, 1024}, {"kib", 1, 1024}, {"kb", 1e3, MIB}, {"m", 1, 1},
    {"mib", 1, 1}, {"mb", 1e6, MIB}, {"g", 1024, 1}, {"gib", 1024, 1},
    {"gb", 1e9, MIB}, {"t", MIB, 1}, {"tib", MIB, 1}, {"tb", 1e12, MIB},
    {NULL, 0, 0}};

static int parse_with_units(
    const char *text, const struct values_unit *units, double *value)
{
	char *end;
	double number;

	if (!isdigit((unsigned char)text[0]) && text[0] != '.')
		return -1;
	if (text[0] == '0' && (text[1] | 0x20) == 'x')
		return -1;
	number = strtod(text, &end);
	end += strspn(end, " ");
	for (; units->name; units++) {
		if (strcasecmp(end, units->name) == 0) {
			*value = number * units->factor / units->part;
			return isfinite(*value) && *value > 0 ? 0 : -1;
		}
	}
	return -1;
}

int duration_parse(const char *text, double *seconds, struct err *e)
{
	if (parse_with_units(text, time_units, seconds) == 0)
		return 0;
	return err_set(e,
	    "%s: not a duration; give a number above 0 of seconds, or with a "
	    "unit: 0.1, 10ms, 5m, 1h",
	    text);
}

int size_parse(const char *text, double *mib, struct err *e)
{
	if (parse_with_units(text, size_units, mib) == 0)
		return 0;
	return err_set(e,
	    "%s: not a size; give a number above 0 of MiB, or with a unit: "
	    "512, 500MiB, 2G",
	    text);
}

static int bad_value(
    const struct option_row *row, const struct err *cause, struct err *e)
{
	return err_set(e, "option --%s: %s", row->name, cause->text);
}

int option_flag(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	(void)row, (void)text, (void)e;
	*(bool *)where = true;
	return 0;
}

int option_off(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	(void)row, (void)text, (void)e;
	*(bool *)where = false;
	return 0;
}

int option_text(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	(void)row, (void)e;
	*(const char **)where = text;
	return 0;
}

int option_whole(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end || errno)
		return err_set(e,
		    "option --%s: %s: not a whole number of 0 or more",
		    row->name, text);
	*(long *)where = number;
	return 0;
}

int option_duration(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	struct err cause;

	if (duration_parse(text, where, &cause) != 0)
		return bad_value(row, &cause, e);
	return 0;
}

int option_size(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	struct err cause;

	if (size_parse(text, where, &cause) != 0)
		return bad_value(row, &cause, e);
	return 0;
}

static bool range_read(const char *text, struct option_range *range)
{
	const char *second;
	char *end;

	range->given = true;
	range->first = strtod(text, &end);
	if (end == text || *end != ',')
		return false;
	second = end + 1;
	range->last = strtod(second, &end);
	return end != second && *end == 0 && isfinite(range->first) &&
	       isfinite(range->last);
}

int option_range(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	struct option_range range;

	if (!range_read(text, &range) || range.first >= range.last)
		return err_set(e,
		    "option --%s: %s: must be two numbers with a comma "
		    "between, the smaller first: 0,20.5",
		    row->name, text);
	*(struct option_range *)where = range;
	return 0;
}

/* A window whose ends are equal is widened as matplotlib does. */
int option_window(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	struct option_range range, *window = where;

	if (!range_read(text, &range))
		return err_set(e,
		    "option --%s: %s: must be two numbers with a comma "
		    "between: 0,20.5",
		    row->name, text);
	window->given = true;
	window->first = fmin(range.first, range.last);
	window->last = fmax(range.first, range.last);
	if (window->first == window->last) {
		double air = range.first == 0 ? 0.05 : 0.05 * fabs(range.first);

		window->first -= air;
		window->last += air;
	}
	return 0;
}

int option_choice(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	struct option_value value;

	for (size_t i = 0; (value = options_value(row, i)).name; i++) {
		if (strcmp(value.name, text) == 0) {
			*(const char **)where = value.name;
			return 0;
		}
	}
	return options_refuse(row, text, e);
}
