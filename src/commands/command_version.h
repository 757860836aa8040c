/* SPDX-License-Identifier: MIT
 *
 * The version, and the facts about the machine that a bug report needs.
 */
#ifndef MPROF_COMMANDS_COMMAND_VERSION_H
#define MPROF_COMMANDS_COMMAND_VERSION_H

#include <stdio.h>

/* One line: the version and the features that were built in. */
void version_print(FILE *out);

/* The same, then one fact a line: system, kernel, control group, what the
 * kernel permits, the Python found in PATH, and mprof's own files. */
void version_print_machine(FILE *out);

#endif
