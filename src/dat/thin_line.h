/* SPDX-License-Identifier: MIT
 *
 * One line of a recording, as far as thinning has to understand it; and the
 * processes that records with a pid belong to, which both passes number alike.
 */
#ifndef MPROF_DAT_THIN_LINE_H
#define MPROF_DAT_THIN_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/index.h"
#include "dat/fields.h"

enum thin_kind {
	THIN_OTHER, /* a record that is always kept */
	THIN_COMMAND,
	THIN_MEMORY,
	THIN_CHILD,
	THIN_PROC,
	THIN_EXIT,
	THIN_USAGE,
	THIN_PEAK,
	THIN_SHARE,
	THIN_MARK,
	THIN_HEAP,
	THIN_TYPE,
	THIN_NOTE, /* THIN, SIZE: written anew */
	THIN_WHOLE /* calls, stacks, allocations: not recorded with a bound */
};

struct thin_line {
	enum thin_kind kind;
	struct field keys;  /* text between keyword and memory; may be empty */
	double mib, time_s; /* NAN where missing */
	uint32_t pid;       /* 0: none */
};

/* Splits "KEYWORD[;keys] MiB time" or "CHLD pid MiB time"; a command line has
 * no numbers. */
void thin_line_split(const char *text, size_t len, struct thin_line *line)
    __attribute__((nonnull));

/* The value of a key; false, or NAN, or 0 where there is none. */
bool thin_line_key(const struct thin_line *line, const char *key,
    struct field *value) __attribute__((nonnull));
double thin_line_number(const struct thin_line *line, const char *key)
    __attribute__((nonnull));
uint64_t thin_line_count(const struct thin_line *line, const char *key)
    __attribute__((nonnull));

/* The process that has a pid at present. */
struct thin_life {
	uint32_t pid;
	uint64_t start; /* 0: not recorded */
	size_t process; /* its number */
	bool introduced, ended;
};

/* Zeroed it is empty. */
struct thin_lives {
	ARRAY(struct thin_life) list;
	struct index index; /* finds them by pid */
	size_t processes;   /* numbers that were given */
	size_t run;         /* number of the run: of command lines so far */
	bool rooted;        /* the run's program was introduced */
};

#define THIN_NOBODY SIZE_MAX

/* The number of the process that the record belongs to: PROC, CHLD and EXIT
 * have one. A PROC with another start, and records after an EXIT, are another
 * process's, as for readers. *root: it is a run's program. */
size_t thin_lives_take(struct thin_lives *lives, const struct thin_line *line,
    bool *root) __attribute__((nonnull));

void thin_lives_finish(struct thin_lives *lives) __attribute__((nonnull));

#endif
