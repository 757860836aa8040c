/* SPDX-License-Identifier: MIT
 *
 * The Python stack of the allocating thread, read from CPython's structures in
 * this process. Nothing is called that could allocate, change a reference
 * count or raise.
 */
#ifndef MPROF_ALLOCATION_PYTHON_STACK_H
#define MPROF_ALLOCATION_PYTHON_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocation/log.h"
#include "allocation/stack.h"

#define PYTHON_STACK_LINES 2048

/* A line that was looked up. Code objects may use the same address in turn:
 * fields that tell them apart are compared. */
struct python_stack_line {
	uint64_t code, name, name_hash, file, file_hash, table;
	int first_line, place;
	uint32_t frame, unused; /* frame: in the log */
};

/* Zeroed it is empty; belongs to one log. */
struct python_stack_lines {
	uint16_t at[PYTHON_STACK_LINES]; /* its number, by hash; 0: none */
	uint32_t len;
	struct python_stack_line lines[PYTHON_STACK_LINES + 1];
};

/* Finds the interpreter in this process; false: there is none with readable
 * stacks. */
bool python_stack_prepare(void);

/* The state of this thread if it has Python frames; 0: it has none, or they
 * can't be read safely. is_locked: it holds its interpreter's lock. Its frames
 * don't change without the lock either, as this thread is running C code. */
uint64_t python_stack_thread(bool is_locked);

/* A hash of the innermost lines. */
uint64_t python_stack_key(uint64_t thread);

/* A variable of the C function that runs the innermost Python function of that
 * thread; 0: none is known. */
uint64_t python_stack_until(uint64_t thread);

/* The number of C frames that this Python function called: those before the one
 * that runs it, which has the variable at c->until. */
size_t python_stack_cut(const struct stack_captured *c);

/* Appends this thread's Python frames, innermost first, as offsets into the
 * log. Returns their number. */
size_t python_stack_capture(struct python_stack_lines *lines,
    const struct log_search *to, uint64_t thread, uint64_t *frames,
    size_t room);

#endif
