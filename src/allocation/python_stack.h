/* SPDX-License-Identifier: MIT
 *
 * The Python stack of the thread that allocates, read from CPython's own
 * structures in this process: nothing is called that could allocate, count a
 * reference or raise.
 */
#ifndef MPROF_ALLOCATION_PYTHON_STACK_H
#define MPROF_ALLOCATION_PYTHON_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocation/log.h"

#define PYTHON_STACK_LINES 2048

/* A line that was asked for before. Code objects come and go at one address:
 * what tells two apart is compared. */
struct python_stack_line {
	uint64_t code, name, name_hash, file, file_hash, table;
	int first_line, place;
	uint32_t frame, unused; /* in the log */
};

/* Zeroed it is empty; it belongs to one log. */
struct python_stack_lines {
	struct python_stack_line lines[PYTHON_STACK_LINES];
};

/* Finds the interpreter in this process; false: there is none whose stacks
 * can be read. */
bool python_stack_prepare(void);

/* The state of this thread where it has Python frames; 0: it has none, or what
 * it has can't be read safely. is_locked: it is known to hold the lock of its
 * interpreter. Without the lock its frames stand still as well: what goes on
 * in this thread is C. */
uint64_t python_stack_thread(bool is_locked);

/* The innermost lines, as a number. */
uint64_t python_stack_key(uint64_t thread);

/* The same frames without those of C below (and with) the code that runs the
 * innermost Python function. How many are left. */
size_t python_stack_cut(const uint64_t *frames, size_t count);

/* Adds the frames of this thread, innermost first, as offsets into the log.
 * How many. */
size_t python_stack_take(struct python_stack_lines *lines,
    const struct log_search *to, uint64_t thread, uint64_t *frames,
    size_t room);

#endif
