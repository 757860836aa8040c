/* SPDX-License-Identifier: MIT
 *
 * The command line of a Python interpreter.
 */
#ifndef MPROF_BASE_PYTHON_COMMAND_H
#define MPROF_BASE_PYTHON_COMMAND_H

#include <stdbool.h>

struct python_command {
	const char
	    *program; /* script or module; NULL: the program is in the command
			 line (-c), or comes from a terminal or a pipe */
	bool is_module;
	bool is_isolated; /* -I or -P change where modules are searched */
	bool has_long;    /* an option begins with two dashes */
};

/* Parses `python3 [option ...] SCRIPT` and `python3 [option ...] -m MODULE`;
 * argv ends with NULL, and argv[0] is ignored. The result points into argv. */
struct python_command python_command_read(char *const *argv)
    __attribute__((nonnull));

#endif
