/* SPDX-License-Identifier: MIT
 *
 * The line tables of processes that did not print them: killed, ended by
 * os._exit(), or still alive at the end of the recording. The agent keeps each
 * in a file (python/agent/shelf.h) in a directory that is created here. The
 * files' content is the recorded program's, which may have written anything.
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
	int digits;                         /* decimals in print */
	ARRAY(struct agent_table_row) rows; /* by line; at least one */
};

struct agent_tables {
	char *directory; /* NULL: there is none */
	ARRAY(struct agent_table) items;
	size_t left_out; /* tables that can't be read, or are too many */
};

/* Creates the directory, for this user alone; path must not exist. -1 with
 * e. */
int agent_tables_open(struct agent_tables *tables, const char *path,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Takes the tables that are left, in the order of pids, so that their processes
 * no longer print them. Waits a second in all for processes that are printing.
 * Harmless without a directory. */
void agent_tables_collect(struct agent_tables *tables) __attribute__((nonnull));

/* Whether a process has reported that it loaded the agent; one that may not
 * write into the directory can't. True without a directory. */
bool agent_tables_loaded(const struct agent_tables *tables)
    __attribute__((nonnull));

/* Removes a directory that this user's killed recorder has left, with the
 * agent's files. Processes that live on print their tables themselves. */
void agent_tables_remove(const char *directory) __attribute__((nonnull));

/* The same for its own directory. Also harmless on zeroes. */
void agent_tables_close(struct agent_tables *tables) __attribute__((nonnull));

#endif
