/* SPDX-License-Identifier: MIT
 *
 * Capabilities of the terminal behind a descriptor, from the terminal itself
 * and from the environment: COLUMNS, LINES, NO_COLOR, CLICOLOR_FORCE,
 * COLORTERM, TERM and terminfo's entry for it, and the locale's variables.
 */
#ifndef MPROF_CLI_TERMINAL_H
#define MPROF_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/progress.h"

struct terminal {
	bool is_terminal;
	bool unicode; /* else ASCII alone */
	bool colour;  /* escape sequences for colours are welcome */
	bool colours; /* of 256, not only the first sixteen */
	bool screen;  /* a terminal whose cursor can be moved */
	size_t columns, rows;
	bool columns_given; /* COLUMNS says so */
};

void terminal_look(struct terminal *terminal, int fd);

/* A verdict's word is green, yellow or red on a terminal. */
enum terminal_mood { TERMINAL_GOOD, TERMINAL_DOUBT, TERMINAL_BAD };

/* Prints the word, in its colour where standard output takes colours. */
void terminal_print_word(const char *word, enum terminal_mood mood)
    __attribute__((nonnull));

/* A progress line on stderr for work that takes longer than a second. It is
 * shown on a terminal only, and removed when the work is done. */
struct waiting {
	const char *what; /* "reading a.dat"; cleaned before it is printed */
	bool wanted, shown;
	int64_t next_ns; /* when the line is drawn (again) */
};

/* Begins. The text must live until waiting_end(). Returns the callback for the
 * work to report to. */
struct progress waiting_begin(struct waiting *waiting, const char *what)
    __attribute__((nonnull));

/* Removes the line. Call it before anything else is printed. */
void waiting_end(struct waiting *waiting) __attribute__((nonnull));

#endif
