// SPDX-License-Identifier: MIT
#include "base/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Three digits: 0.05, 3.20, 32.0, 812. Never a locale's comma: integer and
 * fraction are printed separately. */
static int units_put_number(char *out, double value)
{
	int decimals = fabs(value) < 9.995 ? 2 : fabs(value) < 99.95 ? 1 : 0;
	double scale = decimals == 2 ? 100 : decimals == 1 ? 10 : 1;
	double scaled = round(fabs(value) * scale);
	const char *sign = value < 0 && scaled > 0 ? "-" : "";
	double whole = floor(scaled / scale);

	if (scaled > 1e15)
		return snprintf(
		    out, UNITS_TEXT - 8, "%s%.3g", sign, fabs(value));
	if (decimals == 0)
		return snprintf(out, UNITS_TEXT - 8, "%s%.0f", sign, whole);
	return snprintf(out, UNITS_TEXT - 8, "%s%.0f.%0*.0f", sign, whole,
	    decimals, scaled - whole * scale);
}

static char *units_put(char *out, double value, const char *unit)
{
	int len = units_put_number(out, value);

	snprintf(out + len, UNITS_TEXT - (size_t)len, " %s", unit);
	return out;
}

/* KiB are whole; other units have three digits. */
static const struct size_unit {
	const char *name;
	double mib, least; /* least: MiB from which on this unit is used */
} size_units[] = {
    {"TiB", 1048576, 1023.5 * 1024},
    {"GiB", 1024, 1023.5},
    {"MiB", 1, 0.9995},
    {"KiB", 1.0 / 1024, 0},
};

static const struct size_unit *units_unit_of(double mib)
{
	const struct size_unit *unit = size_units;

	if (mib == 0)
		mib = 1;
	while (fabs(mib) < unit->least)
		unit++;
	return unit;
}

char *units_size(char *out, double mib)
{
	const struct size_unit *unit = units_unit_of(mib);

	if (unit->least > 0)
		return units_put(out, mib / unit->mib, unit->name);
	snprintf(out, UNITS_TEXT, "%.0f %s", mib / unit->mib, unit->name);
	return out;
}

void units_column_add(struct units_column *column, double mib)
{
	double size = fabs(mib);

	if (!(size > 0))
		return;
	if (column->most == 0 || size < column->least)
		column->least = size;
	if (size > column->most)
		column->most = size;
}

static const struct size_unit *units_column_unit(
    const struct units_column *column)
{
	static const struct size_unit bytes = {"B", 1.0 / 1048576, 0};

	if (column->most == 0)
		return units_unit_of(0);
	if (column->most < 1.0 / 1024)
		return &bytes;
	return units_unit_of(
	    column->most < 0.9995 ? column->least : fmax(column->least, 1));
}

char *units_column_number(
    char *out, const struct units_column *column, double mib)
{
	const struct size_unit *unit = units_column_unit(column);
	double value = mib / unit->mib, size = fabs(value);
	const char *sign = value < 0 ? "-" : "";

	if (unit->least == 0 &&
	    (unit->mib < 1.0 / 1024 || !(column->least < 1.0 / 1024)))
		snprintf(out, UNITS_TEXT, "%s%.0f", sign, size);
	else if (!(size > 0) || size >= 0.00995)
		units_put_number(out, value);
	else if (size <= 0.0005) /* what %.3f would call 0.000 */
		snprintf(out, UNITS_TEXT, "%s<0.001", sign);
	else
		snprintf(out, UNITS_TEXT, "%s0.%03.0f", sign, size * 1000);
	return out;
}

char *units_column_size(
    char *out, const struct units_column *column, double mib)
{
	size_t len = strlen(units_column_number(out, column, mib));

	snprintf(out + len, UNITS_TEXT - len, " %s",
	    units_column_unit(column)->name);
	return out;
}

char *units_limit(char *out, double mib)
{
	size_t keep, rest;

	units_size(out, mib);
	rest = strcspn(out, " ");
	keep = rest;
	if (strchr(out, '.') && !strchr(out, 'e')) {
		while (out[keep - 1] == '0')
			keep--;
		if (out[keep - 1] == '.')
			keep--;
	}
	memmove(out + keep, out + rest, strlen(out + rest) + 1);
	return out;
}

static char *units_put_two(char *out, double seconds, double unit, double part,
    const char *const names[2])
{
	double parts = round(seconds / part);
	double each = unit / part, rest = fmod(parts, each);
	int len =
	    snprintf(out, UNITS_TEXT, "%.0f %s", floor(parts / each), names[0]);

	if (rest > 0)
		snprintf(out + len, UNITS_TEXT - (size_t)len, " %.0f %s", rest,
		    names[1]);
	return out;
}

char *units_duration(char *out, double seconds)
{
	if (seconds == 0)
		return strcpy(out, "0 s");
	if (seconds < 0.0009995)
		return units_put(out, seconds * 1e6, "us");
	if (seconds < 0.9995) {
		snprintf(out, UNITS_TEXT, "%.0f ms", seconds * 1e3);
		return out;
	}
	if (seconds < 99.5)
		return units_put(out, seconds, "s");
	if (seconds < 3599.5)
		return units_put_two(
		    out, seconds, 60, 1, (const char *const[]){"min", "s"});
	if (seconds < 86370)
		return units_put_two(
		    out, seconds, 3600, 60, (const char *const[]){"h", "min"});
	if (seconds < 8.64e12)
		return units_put_two(
		    out, seconds, 86400, 3600, (const char *const[]){"d", "h"});
	return units_put(out, seconds / 86400, "d");
}

char *units_duration_to(char *out, double seconds, double step)
{
	static const struct {
		double size;
		const char *name;
	} parts[] = {{86400, "d"}, {3600, "h"}, {60, "min"}};
	int digits = step < 1 ? (int)fmin(9, ceil(-log10(step) - 1e-9)) : 0;
	double least = step < 1 ? pow(10, -digits) : 1;
	double rest = round(fmin(fabs(seconds), 8.64e12) / least) * least;
	size_t len = 0;

	*out = 0;
	if (seconds < 0 && rest > 0)
		len += (size_t)snprintf(out, UNITS_TEXT, "-");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		double count = floor((rest + least / 2) / parts[i].size);

		if (count < 1)
			continue;
		rest = fmax(0, rest - count * parts[i].size);
		len += (size_t)snprintf(out + len, UNITS_TEXT - len, "%.0f %s ",
		    count, parts[i].name);
	}
	if (rest >= least / 2 || len == 0)
		snprintf(out + len, UNITS_TEXT - len, "%.*f s", digits, rest);
	else
		out[len - 1] = 0;
	return out;
}

char *units_number(char *out, double value)
{
	units_put_number(out, value);
	return out;
}

char *units_rate_number(char *out, double mib_per_s)
{
	double rate = mib_per_s * 60, size = fabs(rate);
	int decimals;

	if (!(size < 0.995) || size < 5e-7) {
		units_put_number(out, size < 5e-7 ? 0 : rate);
		return out;
	}
	decimals = 2 - (int)floor(log10(size * 1.0005));
	decimals = decimals > 6 ? 6 : decimals;
	snprintf(out, UNITS_TEXT, "%s0.%0*.0f", rate < 0 ? "-" : "", decimals,
	    size * pow(10, decimals));
	return out;
}

char *units_rate(char *out, double mib_per_s)
{
	size_t len = strlen(units_rate_number(out, mib_per_s));

	snprintf(out + len, UNITS_TEXT - len, " MiB/min");
	return out;
}

char *units_percent(char *out, double percent, int decimals)
{
	double least = pow(10, -decimals);

	if (percent != 0 && fabs(percent) <= least / 2)
		snprintf(out, UNITS_TEXT, "%s<%.*f %%", percent < 0 ? "-" : "",
		    decimals, least);
	else
		snprintf(out, UNITS_TEXT, "%.*f %%", decimals, percent);
	return out;
}

char *units_percent_words(char *out, double percent)
{
	if (percent > 0 && percent <= 0.5)
		return strcpy(out, "less than 1 %");
	return units_percent(out, percent, 0);
}

char *units_count(char *out, uint64_t count, const char *one, const char *many)
{
	snprintf(
	    out, UNITS_COUNT, "%" PRIu64 " %s", count, count == 1 ? one : many);
	return out;
}
