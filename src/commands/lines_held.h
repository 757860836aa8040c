/* SPDX-License-Identifier: MIT
 *
 * The output of mprof lines for held memory, from sampled allocations.
 */
#ifndef MPROF_COMMANDS_LINES_HELD_H
#define MPROF_COMMANDS_LINES_HELD_H

#include "analysis/held.h"
#include "base/err.h"
#include "base/json.h"
#include "base/units.h"
#include "cli/options.h"

struct lines_held_wish {
	struct held_wish rows;
	double at_s;                /* time after the start; 0: the default */
	struct option_range window; /* likewise */
	const char *since;          /* label of a mark; NULL: none */
	double older_s;             /* least age; 0: any */
	long top;                   /* number of rows; 0: all */
};

/* Finds the memory held at the requested moment; -1 with e where there is no
 * such moment. The caller finishes. */
int lines_held_init(struct held *held, const struct lines_held_wish *wish,
    const struct run *run, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Why a process of the run was not, or not fully, sampled; NULL: all were. */
const char *lines_held_reason(const struct run *run) __attribute__((nonnull));

/* Prints each such reason with the names of its processes. */
void lines_held_print_reasons(const struct run *run) __attribute__((nonnull));

/* Room for a size with its error. */
enum { LINES_SIZE = 2 * UNITS_TEXT };

/* "4.10 ± 0.43 MiB", in the unit of a column; "4.10 MiB" if the error is below
 * a thousandth. Returns text. */
char *lines_held_size(char text[static LINES_SIZE],
    const struct units_column *unit, double mib, double variance)
    __attribute__((nonnull));

/* "app.py:8 (load)". The caller frees. */
char *lines_held_name(const struct held_row *row)
    __attribute__((nonnull, returns_nonnull));

/* Writes the JSON members that name the place of a row. */
void lines_held_write_place(struct json *json, const struct held_row *row)
    __attribute__((nonnull));

/* Prints a table; JSON where the profile's path is given. */
void lines_held_show(const struct held *held,
    const struct lines_held_wish *wish, const char *json_path)
    __attribute__((nonnull(1, 2)));

#endif
