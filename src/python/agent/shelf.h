/* SPDX-License-Identifier: MIT
 *
 * A line table that outlives its process. Its rows lie in a file of their own
 * that is mapped, in a folder that the recorder made: whatever ends the
 * process, SIGKILL or os._exit() too, the recorder finds them there and prints
 * them (python/agent_tables.h), and clears the magic, by which a process that
 * has it mapped knows. A process that prints its table removes the file; while
 * it prints it holds a lock, so that each is printed once.
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

/* The beginning of such a file. The name of the source file follows, then the
 * text of the function, then at rows_at the rows. */
struct shelf_head {
	char magic[8];
	int64_t first_line; /* the number of rows[0] and of the text */
	uint32_t digits;    /* behind the decimal point, in print */
	uint32_t name_len;  /* bytes */
	uint32_t text_len;  /* bytes */
	uint32_t row_size;  /* bytes */
	uint64_t rows_at;   /* bytes from the file's start */
	uint64_t rows_len;  /* rows */
};

/* Takes the folder from the environment, before the program can change it.
 * Harmless when repeated. */
void shelf_init(void);

/* The same folder for a process that runs already; NULL: none any longer. */
void shelf_set_folder(const char *folder);

/* Lets the recorder know that the agent is in a process that holds a Python.
 * Needs no interpreter to run. */
void shelf_tell_loaded(void);

struct shelf_label {
	const char *file, *text; /* of the function; no line of it missing */
	long first_line, digits;
};

/* No file is made yet. NULL where there is no memory, or no folder. */
struct shelf *shelf_create(const struct shelf_label *label);

/* Room for len rows at least, those that were there before included; *len
 * becomes the room there is. NULL where there is no file to be had: that is
 * said once on stderr, and what there was before is as it was. */
struct table_row *shelf_rows(struct shelf *shelf, size_t *len);

/* Whether rows of it are in use. */
bool shelf_is_used(const struct shelf *shelf);

/* The process may print the table, until shelf_release(), which has to follow:
 * signals that would end this thread's process wait for it. False where the
 * recorder has done so. */
bool shelf_claim(struct shelf *shelf);

/* It was printed: the file goes. Or it could not be: the recorder will. Whether
 * somebody has printed it, or will. */
bool shelf_release(struct shelf *shelf, bool printed);

/* The rows are no longer used, and the recorder is not to print them. */
void shelf_drop(struct shelf *shelf);

/* In a child after fork: the file is the parent's. */
void shelf_forked(struct shelf *shelf);

#endif
