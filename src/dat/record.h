/* SPDX-License-Identifier: MIT
 *
 * One line of a .dat file becomes a part of a run.
 */
#ifndef MPROF_DAT_RECORD_H
#define MPROF_DAT_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "dat/number.h"
#include "profile/profile.h"

/* The part of a number that was written, to distinguish a whole one from a torn
 * one.
 */
struct width {
	size_t len, decimals;
};

struct record_reader {
	struct profile *profile;
	struct run *run;       /* the last of profile's; NULL before it */
	const char *time_text; /* the newest time field, NULL once measured */
	struct width time;     /* of the newest time field that was measured */
	bool levels;           /* a FUNC with a level was there */
	int root_pid;          /* of the run's first PROC; 0 before it */
	double highest_mib;    /* of the run's PEAKs so far */
	size_t expected;       /* samples that the first run may hold */
	struct number_seconds seconds;
};

enum record_result {
	RECORD_TAKEN,
	RECORD_UNKNOWN, /* a keyword that we don't know */
	RECORD_BAD      /* no record */
};

/* Reads the line [at, end), where *end is a LF. A torn one, whose newline is
 * missing in the file, is taken only where nothing can be missing. */
enum record_result record_read(struct record_reader *reader, const char *at,
    const char *end, bool torn) __attribute__((nonnull));

/* Takes the MEM and CHLD lines of the plainest shape, as nearly all are, from
 * the block [at, end), behind which NUMBER_PADDING bytes are readable. Returns
 * where the first line begins that needs record_read() or may not be whole. */
const char *record_read_plain(struct record_reader *reader, const char *at,
    const char *end) __attribute__((nonnull));

/* Measures the newest time field; to be called before its bytes go. */
void record_measure_time(struct record_reader *reader) __attribute__((nonnull));

#endif
