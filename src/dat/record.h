/* SPDX-License-Identifier: MIT
 *
 * Adds one line of a .dat file to a run.
 */
#ifndef MPROF_DAT_RECORD_H
#define MPROF_DAT_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "dat/fields.h"
#include "profile/profile.h"

/* The digits of a number that were written, to tell a complete one from an
 * incomplete one. */
struct width {
	size_t len, decimals;
};

struct record_reader {
	struct profile *profile;
	struct run *run;       /* last one of profile; NULL before it */
	const char *time_text; /* newest time field; NULL once measured */
	struct width time;     /* width of the newest measured time field */
	bool levels;           /* a FUNC with a level was read */
	int root_pid;          /* pid of the run's first PROC; 0 before it */
	double freed_s;        /* time of the newest FREE, and its process */
	int freed_pid;
	size_t expected; /* number of samples that the first run may have */
	struct number_seconds seconds;
};

enum record_result {
	RECORD_TAKEN,
	RECORD_UNKNOWN, /* unknown keyword */
	RECORD_BAD      /* not a record */
};

/* Reads the line [at, end), where *end is LF. A line whose newline is missing
 * in the file is used only where nothing can be missing. */
enum record_result record_read(struct record_reader *reader, const char *at,
    const char *end, bool torn) __attribute__((nonnull));

/* Reads the MEM and CHLD lines of the plainest form, which are nearly all, from
 * the block [at, end), after which NUMBER_PADDING bytes are readable. Returns
 * the start of the first line that needs record_read() or may be incomplete. */
const char *record_read_plain(struct record_reader *reader, const char *at,
    const char *end) __attribute__((nonnull));

/* Measures the newest time field; call it before its bytes are overwritten. */
void record_measure_time(struct record_reader *reader) __attribute__((nonnull));

#endif
