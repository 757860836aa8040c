/* SPDX-License-Identifier: MIT
 *
 * Sentences that a terminal would break within a word are broken at blanks.
 */
#ifndef MPROF_CLI_WRAP_H
#define MPROF_CLI_WRAP_H

#include <stddef.h>
#include <stdio.h>

struct wrap {
	size_t column; /* where the cursor is */
	size_t indent; /* of the lines that follow */
	size_t width;  /* of the terminal; 0: no limit */
};

/* Prints text from utf8_clean(), or our own, and a newline. A word that is
 * wider than a line stays whole; a figure is not parted from the word after
 * it, its unit. */
void wrap_print(FILE *out, const char *text, struct wrap wrap)
    __attribute__((nonnull));

/* Prints a sentence of our own to stdout, within its terminal. */
void wrap_print_note(const char *format, ...)
    __attribute__((nonnull(1), format(printf, 1, 2)));

#endif
