/* SPDX-License-Identifier: MIT
 *
 * Prints the line tables of mprof run --lines that the processes did not print
 * themselves.
 */
#ifndef MPROF_CLI_LINE_TABLES_H
#define MPROF_CLI_LINE_TABLES_H

#include "python/agent_tables.h"

/* Prints to stdout in the layout of the agent's lines.py. A warning on stderr
 * counts missing tables. */
void line_tables_print(const struct agent_tables *tables)
    __attribute__((nonnull));

#endif
