/* SPDX-License-Identifier: MIT
 *
 * The places in code that a recording names: as JSON, and their source files in
 * memory and cut into lines.
 */
#ifndef MPROF_COMMANDS_LINES_SOURCE_H
#define MPROF_COMMANDS_LINES_SOURCE_H

#include "base/array.h"
#include "base/json.h"

/* A file in memory, cut into lines. */
struct source {
	char *path, *text;
	ARRAY(const char *) lines;
};

/* Files that were read so far. Zeroed it is empty. */
struct sources {
	ARRAY(struct source) items;
	char line[256]; /* the line that sources_line() returned last */
};

/* A file that can't be read has no text and no lines, and errno says why. */
void source_read(struct source *source, const char *path)
    __attribute__((nonnull));
void source_finish(struct source *source) __attribute__((nonnull));

/* The line without the blanks around it and safe for a terminal, valid until
 * the next call; NULL where there is none. */
const char *sources_line(struct sources *sources, const char *path, int line)
    __attribute__((nonnull));
void sources_finish(struct sources *sources) __attribute__((nonnull));

/* Writes the keys "file", and "line" and "function" where a row has them: a
 * line is not 0, a function not empty. */
void lines_write_place(struct json *json, const char *file, int line,
    const char *function) __attribute__((nonnull));

#endif
