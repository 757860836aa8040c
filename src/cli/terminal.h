/* SPDX-License-Identifier: MIT
 *
 * Capabilities of the terminal behind a descriptor, from the terminal itself
 * and from the environment: COLUMNS, LINES, NO_COLOR, CLICOLOR_FORCE, TERM, and
 * the locale's variables.
 */
#ifndef MPROF_CLI_TERMINAL_H
#define MPROF_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

struct terminal {
	bool is_terminal;
	bool unicode; /* else ASCII alone */
	bool colour;  /* escape sequences for colours are welcome */
	bool screen;  /* a terminal whose cursor can be moved */
	size_t columns, rows;
};

void terminal_look(struct terminal *terminal, int fd);

#endif
