/* SPDX-License-Identifier: MIT
 *
 * Command-line options from a table, one row an option. The same table is used
 * to parse (getopt_long), to print the help and for the completion. A row's
 * parse function checks the value's text and stores it.
 */
#ifndef MPROF_CLI_OPTIONS_H
#define MPROF_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

struct option_row;

/* Parses text (NULL for a flag) and stores the value at where; -1 with e. */
typedef int option_parse(
    const struct option_row *row, const char *text, void *where, struct err *e);

/* One of an option's possible values. */
struct option_value {
	const char *name; /* NULL behind the last */
	const char *help; /* part of a sentence; NULL: none */
};

struct option_row {
	char letter;         /* 0: only the long name */
	const char *name;    /* without the dashes; NULL ends the table */
	const char *arg;     /* the value's name in the help; NULL: a flag */
	const char *help;    /* one or two sentences, wrapped when printed; {}
				stands for the possible values */
	option_parse *parse; /* below, or the command's own */
	size_t offset;       /* in the command's options, of the value */
	size_t implies;      /* and of a bool that becomes true, too; 0: none */
	/* Accepted values: an array that ends with NULL, or the rows of another
	 * room's table. */
	const char *const *choices;
	struct option_value (*choice_at)(size_t at);
	bool optional; /* the value may be omitted, and is joined by "=": parse
			  gets NULL or the value */
	bool ours;     /* memory_profiler's mprof lacks it: an abbreviation that
			  matches one of its options, too, means that one */
};

option_parse option_flag;     /* bool: true */
option_parse option_off;      /* bool: false */
option_parse option_text;     /* const char *: borrowed from argv */
option_parse option_whole;    /* long, not negative */
option_parse option_duration; /* double, seconds > 0: 0.1, 10ms, 2s, 5m, 1h */
option_parse option_size;     /* double, MiB > 0: 512, 500MiB, 2G, 1.5GB */
option_parse option_range;    /* struct option_range: A,B (A < B) */
option_parse
    option_window; /* struct option_range in either order; A = B allowed */
option_parse option_choice; /* const char *: one of the row's values */

struct option_range {
	double first, last;
	bool given;
	bool backwards; /* the last number came first */
};

struct option_call {
	const struct option_row *rows;
	void *values;    /* the command's options struct, defaults in place */
	bool stop_early; /* options end at the first operand */
};

enum option_result {
	OPTION_RUN,     /* parsed: go on */
	OPTION_HELP,    /* --help or -h was there */
	OPTION_VERSION, /* --version was there */
	OPTION_BAD      /* misused, see e; exit status 2 */
};

/* Parses argv[1..argc), which may be permuted so that operands are at
 * argv[*rest..argc). A word such as -1 is a recording, not an option. --help,
 * -h and --version are always known. */
enum option_result options_parse(const struct option_call *call, int argc,
    char **argv, int *rest, struct err *e);

/* Prints the options' part of a command's help, 80 columns wide; values with a
 * help text are listed below their option. */
void options_print_help(const struct option_row *rows, FILE *out);

/* The value with that index; its name is NULL behind the last. */
struct option_value options_value(const struct option_row *row, size_t at);

/* The row's help text with its values, "a, b or c". The caller frees. */
char *options_help(const struct option_row *row);

/* -1 with e: text is none of the row's values, which e lists. */
int options_refuse(
    const struct option_row *row, const char *text, struct err *e);

/* The name with the smallest edit distance to word (up to a =); NULL where none
 * is similar. */
const char *options_nearest(
    const char *word, const char *const *names, size_t count);

/* Parses "1.5" or "10ms" as seconds, "2GiB" as MiB; -1 with e where it is
 * malformed. */
int duration_parse(const char *text, double *seconds, struct err *e);
int size_parse(const char *text, double *mib, struct err *e);

#endif
