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
	bool unicode; /* false: only ASCII */
	bool colour;  /* escape sequences for colours may be used */
	bool colours; /* 256 colours, not only sixteen */
	bool screen;  /* the cursor can be moved */
	size_t columns, rows;
	bool columns_given; /* from COLUMNS */
};

void terminal_read(struct terminal *terminal, int fd);

/* A verdict's word is green, yellow or red on a terminal. */
enum terminal_mood { TERMINAL_GOOD, TERMINAL_DOUBT, TERMINAL_BAD };

/* Prints the word, in colour if standard output supports that. */
void terminal_print_word(const char *word, enum terminal_mood mood)
    __attribute__((nonnull));

/* A progress line on stderr for work of more than a second, shown only on a
 * terminal, and removed when the work is done. */
struct waiting {
	const char *what; /* "reading a.dat"; cleaned before it is printed */
	bool wanted, shown;
	int64_t next_ns; /* when the line is next drawn */
};

/* Begins. The text must be valid until waiting_end(). Returns the callback to
 * which the work reports. */
struct progress waiting_begin(struct waiting *waiting, const char *what)
    __attribute__((nonnull));

/* Removes the line. Call it before printing anything else. */
void waiting_end(struct waiting *waiting) __attribute__((nonnull));

#endif
