/* SPDX-License-Identifier: MIT
 *
 * The formats of mprof export. Each is a file here that defines "int
 * export_NAME()", and a line in formats.def.
 */
#ifndef MPROF_EXPORT_FORMATS_H
#define MPROF_EXPORT_FORMATS_H

#include <stddef.h>
#include <stdio.h>

#include "analysis/spread.h"
#include "base/err.h"
#include "profile/profile.h"

/* Writes a whole profile; errors in writing show in the stream. -1 with e where
 * the profile has nothing that the format can express. */
typedef int export_write(
    const struct profile *profile, FILE *out, struct err *e);

#define EXPORT(name, ending, summary) export_write export_##name;
#include "export/formats.def"
#undef EXPORT

struct export_format {
	const char *name;
	const char *ending; /* ending of its files: ".csv" */
	const char *summary;
	export_write *write;
};

/* Rows from 0; NULL behind the last. */
const struct export_format *export_format_at(size_t index);

/* The format of that name; NULL where there is none. */
const struct export_format *export_format_find(const char *name);

/* The format for a file's ending; the first if there is none. */
const struct export_format *export_format_of_path(const char *path);

/* Writes a set of recordings, a row for each; -1 with e where the format has no
 * form for sets. */
typedef int export_set(const struct spread *spread, FILE *out, struct err *e);

export_set export_set_csv, export_set_json;

int export_set_write(const struct export_format *format,
    const struct spread *spread, FILE *out, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
