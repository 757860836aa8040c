/* SPDX-License-Identifier: MIT
 *
 * The line tables of processes that did not print their own: killed, left by
 * os._exit(), or alive as the recording ends. The agent keeps each in a file
 * (python/agent/shelf.h) of a folder that is made here. What the files hold is
 * the recorded program's, which may have written anything.
 */
#ifndef MPROF_PYTHON_AGENT_TABLES_H
#define MPROF_PYTHON_AGENT_TABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "base/err.h"

struct agent_table_row {
	long line; /* its number in the source file */
	double mib, growth_mib;
	long count; /* at least 1 */
};

struct agent_table {
	char *file, *text; /* text: of the function, from first_line on */
	long first_line;
	int digits; /* behind the decimal point, in print */
	ARRAY(struct agent_table_row) rows; /* by line; at least one */
};

struct agent_tables {
	char *folder; /* NULL: there is none */
	ARRAY(struct agent_table) items;
	size_t left_out; /* that can't be read, or are too many */
};

/* Makes the folder, for this user alone; path must not exist. -1 with e. */
int agent_tables_open(struct agent_tables *tables, const char *path,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Takes what is left, in the order of pids, from the processes that are to
 * print it: none of them does so after this. A process that is printing now
 * is waited for, a second in all. Harmless without a folder. */
void agent_tables_take(struct agent_tables *tables) __attribute__((nonnull));

/* Whether a process has told that it loaded the agent, which those can't that
 * have no right to write into the folder. True without a folder. */
bool agent_tables_loaded(const struct agent_tables *tables)
    __attribute__((nonnull));

/* Removes a folder of this user's, as a killed recorder leaves it, and what the
 * agent made in it. Processes that live on print their tables themselves. */
void agent_tables_remove(const char *folder) __attribute__((nonnull));

/* Does so with its own. Also harmless on zeroes. */
void agent_tables_close(struct agent_tables *tables) __attribute__((nonnull));

#endif
