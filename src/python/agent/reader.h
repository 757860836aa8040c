/* SPDX-License-Identifier: MIT
 *
 * Reads memory: the resident set of this process, unless a backend, another
 * process or the children are requested. Nothing stays open between readings.
 */
#ifndef MPROF_PYTHON_AGENT_READER_H
#define MPROF_PYTHON_AGENT_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pyobj;
struct reader;

struct reader_wish {
	pid_t pid;           /* 0: this process, after a fork too */
	const char *backend; /* memory_profiler's name; NULL: psutil */
	bool children; /* includes all descendants, as in a recording: orphans
			  that were seen before, and a vforked child's memory
			  once */
};

/* NULL where there is no memory, or no such backend. */
struct reader *reader_create(const struct reader_wish *wish);

/* A reader that asks a Python callable for the bytes; it keeps a reference. */
struct reader *reader_create_asking(struct pyobj *callable);
void reader_destroy(struct reader *reader);

/* Bytes; -1 with errno where there is no such process, or its memory may not be
 * read; 0 where a callable raised. Only readers that ask a callable need the
 * GIL. */
int64_t reader_bytes(struct reader *reader);

/* Whether a reading takes long: it walks page tables, or processes. */
bool reader_is_slow(const struct reader *reader);

/* The highest since the first call: see tree_peak.h. For a single process, its
 * high-water mark where that rose. Where another figure than the resident set
 * is read, or a callable is asked, the highest of reader_bytes(). */
int64_t reader_peak(struct reader *reader);

/* Calls each for every descendant with its bytes; -1 where /proc can't be
 * read. */
int reader_each_child(struct reader *reader,
    void (*each)(void *context, pid_t pid, int64_t bytes), void *context);

#endif
