/* SPDX-License-Identifier: MIT
 *
 * The places in code of a recording: written as JSON; and their source files,
 * read and split into lines.
 */
#ifndef MPROF_COMMANDS_LINES_SOURCE_H
#define MPROF_COMMANDS_LINES_SOURCE_H

#include "analysis/lines.h"
#include "base/array.h"
#include "base/json.h"

/* Number of the schema of mprof lines' JSON. */
enum { LINES_SCHEMA = 1 };

/* A file in memory, split into lines. */
struct source {
	char *path, *text;
	ARRAY(const char *) lines;
};

/* Source files that were read. Zeroed it is empty. */
struct sources {
	ARRAY(struct source) items;
	char line[256]; /* last result of sources_line() */
};

/* Reads a file. One that can't be read has no text and no lines, and errno says
 * why. */
void source_read(struct source *source, const char *path)
    __attribute__((nonnull));
void source_finish(struct source *source) __attribute__((nonnull));

/* The line without leading and trailing blanks, safe for a terminal, valid
 * until the next call; NULL where there is none. */
const char *sources_line(struct sources *sources, const char *path, int line)
    __attribute__((nonnull));
void sources_finish(struct sources *sources) __attribute__((nonnull));

/* Begins the JSON document of mprof lines on stdout: the recording's path, and
 * the source of its figures with what a reader should know of it. */
void lines_open_document(struct json *json, const char *path,
    enum memory_source source) __attribute__((nonnull));

/* Writes the keys "file", "line" (unless it is 0) and "function" (unless it is
 * empty). */
void lines_write_place(struct json *json, const char *file, int line,
    const char *function) __attribute__((nonnull));

/* "app.py:8 (load)". The caller frees. */
char *lines_place_name(const char *file, int line, const char *function)
    __attribute__((nonnull, returns_nonnull));

/* The last column of a table. */
struct lines_place {
	const char *name; /* "app.py:8 (load)" */
	int line;         /* the number in it; 0: none */
	const char *text; /* the line of source; NULL: unknown */
	const char *in;   /* the library it is in; "": none */
};

/* Prints it, and ends the line. In a terminal of so many columns (0: none) that
 * is too narrow for it behind used columns, the line of source is shortened
 * first, then the place. */
void lines_print_place(const struct lines_place *place, size_t used,
    size_t terminal) __attribute__((nonnull));

#endif
