/* SPDX-License-Identifier: MIT
 *
 * How much of the summed RSS is the same pages counted again: one reading of
 * the PSS of all processes near the peak. It costs milliseconds for a large
 * process, so it is spread over ticks and taken only when the total has grown
 * a good deal since the last.
 */
#ifndef MPROF_RECORDER_SHARES_H
#define MPROF_RECORDER_SHARES_H

#include "recorder/members.h"

struct shares_reading {
	int64_t pss_kib, rss_kib; /* of the same processes */
	size_t count;             /* of them; 0: nothing was read */
};

struct shares {
	const struct procfs *fs;
	bool reading;       /* a round is going on */
	size_t next;        /* whose turn it is */
	int64_t total_kib;  /* when the last round began */
	int64_t before_kib; /* the total at the last step */
	int64_t began_ns;   /* the recording, of clock_mono_ns() */
	int64_t spent_ns;   /* by all rounds */
	struct shares_reading now, last;
};

void shares_init(struct shares *shares, const struct procfs *fs, int64_t now_ns)
    __attribute__((nonnull));

/* Goes on with a round, or begins one where the total is worth it; ends before
 * until_ns but for one process's reading. */
void shares_step(struct shares *shares, const struct members *members,
    int64_t total_kib, int64_t until_ns) __attribute__((nonnull));

#endif
