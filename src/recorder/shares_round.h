/* SPDX-License-Identifier: MIT
 *
 * One reading of the RSS and the PSS of all processes. It takes a while.
 */
#ifndef MPROF_RECORDER_SHARES_ROUND_H
#define MPROF_RECORDER_SHARES_ROUND_H

#include "base/array.h"
#include "proc/procfs.h"

/* A process as the tick before saw it. */
struct shares_process {
	pid_t pid, ppid;
	uint64_t started;
	int64_t kib, shared_kib;
	/* Found out by the round: */
	bool there, is_forked;
	int64_t saved_kib; /* its RSS above its PSS */
};

struct shares_reading {
	bool same;                /* as the last one: nothing else was read */
	bool taken;               /* false: it could say nothing, or not all */
	int64_t boot_ns;          /* when, of CLOCK_BOOTTIME */
	int64_t rss_kib, pss_kib; /* of all processes */
	size_t sharers; /* that map the largest segment that is shared; 0:
			 * not looked for, as the sum is about right */
};

struct shares_round {
	ARRAY(struct shares_process) list;
	bool again;     /* the total is what it was at the last one */
	int64_t faults; /* of all of the list, at the last one */
	struct shares_reading reading;
	int64_t cost_ns; /* of processor time */
};

/* Reads the processes of the list, and sorts it by their pids. */
void shares_round_take(struct shares_round *round, const struct procfs *fs)
    __attribute__((nonnull));

/* How much of the sum may be memory that is counted again, judged by what is
 * known of each process; with forked, one that has executed a program counts by
 * its files and shared memory alone. */
int64_t shares_round_most_kib(const struct shares_round *round, bool forked)
    __attribute__((nonnull));

#endif
