/* SPDX-License-Identifier: MIT
 *
 * The command line of a Python interpreter.
 */
#ifndef MPROF_BASE_PYTHON_COMMAND_H
#define MPROF_BASE_PYTHON_COMMAND_H

#include <stdbool.h>

struct python_command {
	const char
	    *program; /* a script, or a module; NULL: it is in the command
		       * line (-c), or comes from a terminal or a pipe */
	bool is_module;
	bool is_isolated; /* by -I or -P modules are searched for elsewhere */
	bool has_long;    /* an option that begins with two dashes */
};

/* Reads `python3 [option ...] SCRIPT` and `python3 [option ...] -m MODULE`;
 * NULL ends argv, and its first is not looked at. What is in argv stays there.
 */
struct python_command python_command_read(char *const *argv)
    __attribute__((nonnull));

#endif
