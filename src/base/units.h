/* SPDX-License-Identifier: MIT
 *
 * Sizes, times and rates for people. Each function writes to out (UNITS_TEXT
 * bytes are always enough) and returns it. Figures have about three digits;
 * the decimal point is a point in every locale.
 */
#ifndef MPROF_BASE_UNITS_H
#define MPROF_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

enum { UNITS_TEXT = 32, UNITS_COUNT = 128 };

/* Bytes in MiB. */
static inline double units_mib(double bytes)
{
	return bytes / (1024.0 * 1024);
}

/* 0.04 -> "40 KiB", 3.2 -> "3.20 MiB", 812 -> "812 MiB", 1536 -> "1.50 GiB" */
char *units_size(char *out, double mib);

/* The sizes of a column, which are written in one unit: the smallest one's, but
 * at least MiB, KiB or B beside sizes of as many. Zeroed it is empty. */
struct units_column {
	double least, most;
};

/* Adds a size in MiB, of either sign; 0 and NAN have no unit of their own. */
void units_column_add(struct units_column *column, double mib);

/* The size in the column's unit. For 1536 and 3: "1536 MiB"; for 1536 and 4096:
 * "1.50 GiB". One that three decimals don't show: "<0.001 MiB" */
char *units_column_size(
    char *out, const struct units_column *column, double mib);

/* The figure alone: "1.50" */
char *units_column_number(
    char *out, const struct units_column *column, double mib);

/* Like units_size() for limits that people set: 2048 -> "2 GiB", 1536 -> "1.5
 * GiB" */
char *units_limit(char *out, double mib);

/* 0.005 -> "5 ms", 3.2 -> "3.20 s", 250 -> "4 min 10 s", 15000 -> "4 h 10 min",
 * 270000 -> "3 d 3 h", 3600 -> "1 h" */
char *units_duration(char *out, double seconds);

/* The same, as exact as times need that are step seconds apart: 3630 by 10 ->
 * "1 h 30 s", by 0.1 -> "1 h 30.0 s" */
char *units_duration_to(char *out, double seconds, double step);

/* MiB a second as MiB a minute, for every picture, page and table, with three
 * digits even for slow rates: 0.0533 -> "3.20 MiB/min", 0.0001 -> "0.00600
 * MiB/min". units_rate_number(): the figure alone, for several of one unit. */
char *units_rate(char *out, double mib_per_s);
char *units_rate_number(char *out, double mib_per_s);

/* A percentage with so many decimals: 9.52 by 1 -> "9.5 %". One that they don't
 * show: 0.04 by 1 -> "<0.1 %", -0.04 -> "-<0.1 %" */
char *units_percent(char *out, double percent, int decimals);

/* The same for a sentence, without decimals: 9.52 -> "10 %",
 * 0.4 -> "less than 1 %" */
char *units_percent_words(char *out, double percent);

/* A count with a noun and what agrees with it: 1 -> "1 sample was missed", 2 ->
 * "2 samples were missed"; out has UNITS_COUNT bytes. */
char *units_count(char *out, uint64_t count, const char *one, const char *many);

/* The figure alone, in the form of the functions above: "3.20" */
char *units_number(char *out, double value);

#endif
