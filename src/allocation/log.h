/* SPDX-License-Identifier: MIT
 *
 * The log of a table, to which slots refer by offset: stacks and frames, each
 * written once, and the object files of their addresses. Zeroed it is an empty
 * table's. Calls need the lock of samples.c.
 */
#ifndef MPROF_ALLOCATION_LOG_H
#define MPROF_ALLOCATION_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "allocation/file.h"

#define LOG_NONE UINT32_MAX
#define LOG_PLACES (1u << 16)
#define LOG_PLACES_FIRST (1u << 10) /* a page, which most programs need */
#define LOG_MODULES 1024

struct log_module {
	uint64_t begin, end, name; /* name: a hash */
};

struct log {
	/* Offset / 8 + 1, by hash; 0: free. A table of so many begins at that
	 * place, and one twice as long follows when it is full. */
	uint32_t places[2 * LOG_PLACES];
	uint32_t size, len; /* size 0: LOG_PLACES_FIRST */
	struct log_module modules[LOG_MODULES];
	uint32_t modules_len;
	uint64_t loads; /* the loader's count + 1 when modules was filled */
};

/* A search for a log entry, which is added where it is missing. */
struct log_search {
	struct log *log;
	struct file *file;
};

/* The offset of an entry with the same bytes (a multiple of 8), added if it is
 * missing. LOG_NONE: the log is full. */
uint32_t log_intern(
    const struct log_search *to, const struct allocation_entry *entry);

/* The same for a stack, preceded by its modules. */
uint32_t log_stack(
    const struct log_search *to, const uint64_t *frames, size_t count);

#endif
