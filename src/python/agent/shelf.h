/* SPDX-License-Identifier: MIT
 *
 * A line table that survives its process. Its rows are in a mapped file, in a
 * directory created by the recorder: however the process ends, even by SIGKILL
 * or os._exit(), the recorder finds and prints them (python/agent_tables.h),
 * and clears the magic number, which tells a process that has the file mapped.
 * A process that prints its table itself removes the file, and holds a lock
 * while it prints, so that each table is printed once.
 */
#ifndef MPROF_PYTHON_AGENT_SHELF_H
#define MPROF_PYTHON_AGENT_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_row;
struct shelf;

#define SHELF_MAGIC "mprofLT"
#define SHELF_NAME_MAX 4096
#define SHELF_TEXT_MAX (1 << 20)
#define SHELF_SUFFIX ".table"
#define SHELF_LOADED "loaded" /* a file there: a Python has the agent */

/* Head of such a file. It is followed by the name of the source file, the text
 * of the function, and, at rows_at, the rows. */
struct shelf_head {
	char magic[8];
	int64_t first_line; /* the number of rows[0] and of the text */
	uint32_t digits;    /* decimals in print */
	uint32_t name_len;  /* bytes */
	uint32_t text_len;  /* bytes */
	uint32_t row_size;  /* bytes */
	uint64_t rows_at;   /* bytes from the file's start */
	uint64_t rows_len;  /* rows */
};

/* Reads the directory's path from the environment, before the program can
 * change it. Harmless when repeated. */
void shelf_init(void);

/* Sets the directory in a process that runs already; NULL: no longer. */
void shelf_set_directory(const char *directory);

/* Tells the recorder that the agent is in a process that holds a Python. Needs
 * no running interpreter. */
void shelf_report_loaded(void);

struct shelf_label {
	const char *file, *text; /* text: of the function, without gaps */
	long first_line, digits;
};

/* Creates no file yet. NULL where there is no memory, or no directory. */
struct shelf *shelf_create(const struct shelf_label *label);

/* Makes room for at least len rows, and keeps the existing ones; *len becomes
 * the room there is. NULL where no file can be had, which is said once on
 * stderr; existing rows stay then. */
struct table_row *shelf_rows(struct shelf *shelf, size_t *len);

/* Whether its rows are in use. */
bool shelf_is_used(const struct shelf *shelf);

/* Claims the table for printing by this process until shelf_release(), which
 * must follow: signals that would end the process are blocked for this thread.
 * False where the recorder has printed it. */
bool shelf_claim(struct shelf *shelf);

/* Printed: the file is removed. Not printed: the recorder will print it.
 * Returns whether it was printed, or will be. */
bool shelf_release(struct shelf *shelf, bool printed);

/* The rows are no longer used, and the recorder must not print them. */
void shelf_drop(struct shelf *shelf);

/* In a child after a fork: the file belongs to the parent. */
void shelf_forked(struct shelf *shelf);

#endif
