/* SPDX-License-Identifier: MIT
 *
 * A table becomes a profile: CSV of any delimiter, and the aligned columns
 * that psrecord, prmon and pidstat write. The only way to libcsv, with
 * export.h.
 */
#ifndef MPROF_CSV_IMPORT_H
#define MPROF_CSV_IMPORT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/progress.h"
#include "profile/profile.h"

struct csv_options {
	const char *time, *mem; /* names or numbers of columns; NULL: guessed */
	const char *unit;       /* unit of a number in mem; NULL: by its name */
	const struct progress *progress; /* may be NULL */
};

/* Whether the file begins with a table whose columns can be found. */
bool csv_is_table(const char *path, const struct csv_options *options)
    __attribute__((nonnull));

/* Reads the whole table into profile, which it initialises and the caller
 * finishes in any case. -1 with e, which names the line, where a cell is not
 * what its column must contain. Rows with a pid are processes; their sum is the
 * total unless rows without a pid give it. *unit_assumed: the unit of the
 * memory was not given, and MiB is used. */
int csv_read(struct profile *profile, const char *path,
    const struct csv_options *options, bool *unit_assumed, struct err *e)
    __attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

#endif
