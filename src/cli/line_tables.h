/* SPDX-License-Identifier: MIT
 *
 * --lines: the line tables that their processes left behind, in print.
 */
#ifndef MPROF_CLI_LINE_TABLES_H
#define MPROF_CLI_LINE_TABLES_H

#include "python/agent_tables.h"

/* On stdout, where the program's own would stand, in the layout of lines.py;
 * what is left out is told of on stderr. */
void line_tables_print(const struct agent_tables *tables)
    __attribute__((nonnull));

#endif
