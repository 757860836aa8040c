// SPDX-License-Identifier: MIT
#include "csv/cells.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { LONGEST = 64 };

bool cell_number(
    const char *text, bool comma, double *number, const char **rest)
{
	char copy[LONGEST];
	char *end, *point;

	text += strspn(text, " \t");
	if (strlen(text) >= sizeof(copy) ||
	    (text[0] == '0' && (text[1] | 0x20) == 'x'))
		return false;
	strcpy(copy, text);
	point = comma ? strchr(copy, ',') : NULL;
	if (point)
		*point = '.';
	*number = strtod(copy, &end);
	*rest = text + (end - copy);
	return end > copy;
}

static bool cell_is_at_end(const char *text)
{
	return text[strspn(text, " \t")] == 0;
}

/* Parses the text after the seconds of a clock time: nothing, AM or PM. */
static bool cell_read_half_of_day(const char *text, int *hour)
{
	text += strspn(text, " \t");
	if (*text == 0)
		return *hour < 24;
	if (*hour < 1 || *hour > 12 || strlen(text) < 2 ||
	    (strncasecmp(text, "AM", 2) != 0 &&
		strncasecmp(text, "PM", 2) != 0))
		return false;
	*hour = *hour % 12 + ((text[0] | 0x20) == 'p' ? 12 : 0);
	return cell_is_at_end(text + 2);
}

static bool cell_read_clock(const char *text, double *seconds)
{
	int hour, minute, used = 0;
	double second;
	char *end;

	if (sscanf(text, "%2d:%2d:%n", &hour, &minute, &used) != 2 || !used ||
	    !isdigit((unsigned char)text[used]))
		return false;
	second = strtod(text + used, &end);
	if (!cell_read_half_of_day(end, &hour) || hour < 0 || minute < 0 ||
	    minute > 59 || second >= 61)
		return false;
	*seconds = hour * 3600 + minute * 60 + second;
	return true;
}

/* Parses the zone after a date and time: Z, +01:00, +0100, or none. */
static bool cell_read_zone(const char *text, bool *given, long *offset)
{
	int hours, minutes = 0, used = 0;
	char sign;

	text += strspn(text, " ");
	*given = *text != 0;
	*offset = 0;
	if (!*given || strcasecmp(text, "Z") == 0 ||
	    strcasecmp(text, "UTC") == 0)
		return true;
	if (sscanf(text, "%c%2d:%2d%n", &sign, &hours, &minutes, &used) != 3)
		used = 0;
	if (!used &&
	    sscanf(text, "%c%2d%2d%n", &sign, &hours, &minutes, &used) != 3)
		return false;
	if ((sign != '+' && sign != '-') || !cell_is_at_end(text + used))
		return false;
	*offset = (hours * 3600L + minutes * 60L) * (sign == '-' ? -1 : 1);
	return true;
}

/* Parses decimals of a second; *text then points after them. */
static double cell_read_fraction(const char **text)
{
	double fraction = 0, unit = 1;

	if (**text != '.' && **text != ',')
		return 0;
	for (*text += 1; isdigit((unsigned char)**text); *text += 1) {
		unit /= 10;
		fraction += (**text - '0') * unit;
	}
	return fraction;
}

static bool cell_read_date(const char *text, double *seconds)
{
	struct tm when = {.tm_isdst = -1};
	double fraction;
	bool zone;
	long offset;
	int used = 0;
	char between;
	time_t whole;

	if (sscanf(text, "%4d-%2d-%2d%c%2d:%2d:%2d%n", &when.tm_year,
		&when.tm_mon, &when.tm_mday, &between, &when.tm_hour,
		&when.tm_min, &when.tm_sec, &used) != 7 ||
	    !strchr("Tt ", between))
		return false;
	text += used;
	fraction = cell_read_fraction(&text);
	if (!cell_read_zone(text, &zone, &offset))
		return false;
	when.tm_year -= 1900;
	when.tm_mon -= 1;
	whole = zone ? timegm(&when) - offset : mktime(&when);
	*seconds = (double)whole + fraction;
	return true;
}

/* Seconds are below 10^11 until the year 5138. */
static double cell_scaled_time(double number)
{
	double size = fabs(number);

	if (size >= 1e17)
		return number / 1e9;
	if (size >= 1e14)
		return number / 1e6;
	return size >= 1e11 ? number / 1e3 : number;
}

bool cell_time(const char *text, bool comma, double *seconds)
{
	const char *rest;

	text += strspn(text, " \t");
	if (cell_number(text, comma, seconds, &rest) && cell_is_at_end(rest)) {
		*seconds = cell_scaled_time(*seconds);
		return true;
	}
	return cell_read_date(text, seconds) || cell_read_clock(text, seconds);
}

double cell_unit(const char *name)
{
	static const double mib = 1048576;
	static const struct {
		const char *name;
		double bytes;
	} units[] = {
	    {"b", 1},
	    {"byte", 1},
	    {"bytes", 1},
	    {"k", 1024},
	    {"kb", 1e3},
	    {"kib", 1024},
	    {"m", 1048576},
	    {"mb", 1e6},
	    {"mib", 1048576},
	    {"g", 1073741824},
	    {"gb", 1e9},
	    {"gib", 1073741824},
	    {"t", 1099511627776},
	    {"tb", 1e12},
	    {"tib", 1099511627776},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcasecmp(name, units[i].name) == 0)
			return units[i].bytes / mib;
	}
	return 0;
}
