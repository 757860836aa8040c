/* SPDX-License-Identifier: MIT
 *
 * The text of the lines that rows name, from the files as they are now.
 */
#ifndef MPROF_COMMANDS_SOURCE_H
#define MPROF_COMMANDS_SOURCE_H

#include "analysis/lines.h"
#include "base/array.h"
#include "base/err.h"

/* A file in memory, cut into lines. */
struct source {
	char *path, *text;
	ARRAY(const char *) lines;
};

/* Those that were asked for. Zeroes: none. */
struct sources {
	ARRAY(struct source) items;
	char line[256]; /* the last one, clean */
};

/* The line without the blanks around it and clean for a terminal, good until
 * the next; NULL where there is none. */
const char *sources_line(struct sources *sources, const char *path, int line)
    __attribute__((nonnull));
void sources_finish(struct sources *sources) __attribute__((nonnull));

/* Prints the file that the first row names, each line with its row. -1 with e
 * where it can't be read. */
int source_list(const struct lines *lines, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
