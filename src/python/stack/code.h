/* SPDX-License-Identifier: MIT
 *
 * The name, file and lines of a code object, kept once they were read, as a
 * program runs the same few hundred over and over.
 */
#ifndef MPROF_PYTHON_STACK_CODE_H
#define MPROF_PYTHON_STACK_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "python/stack/stack.h"

struct code {
	pid_t pid;
	uint64_t address, filename, name, line_table;
	int first_line;
	char *file, *function; /* NULL: the entry is free */
	uint8_t *table;
	size_t table_len;
};

struct codes;
struct codes *codes_create(void);
void codes_destroy(struct codes *codes);

/* The code of a frame that was just read; valid until the next call. NULL where
 * it is gone, or is no code object. */
const struct code *codes_find(struct codes *codes,
    const struct python_target *target, const struct python_frame *frame)
    __attribute__((nonnull));

/* The line that the frame is executing. */
int code_line(const struct code *code, const struct python_target *target,
    const struct python_frame *frame) __attribute__((nonnull));

#endif
