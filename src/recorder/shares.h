/* SPDX-License-Identifier: MIT
 *
 * How much of the summed RSS is memory counted more than once: readings of PSS
 * of all processes, near the peak. A reading takes milliseconds for a large
 * process, and may wait for its mmap_lock, so a thread does it and no tick
 * waits. Readings are taken when they can tell something new, within a budget
 * of processor time.
 */
#ifndef MPROF_RECORDER_SHARES_H
#define MPROF_RECORDER_SHARES_H

#include "recorder/members.h"

/* A reading of the RSS and the PSS of all processes. */
struct shares_reading {
	bool same;       /* unchanged: nothing was read but what shows that */
	bool taken;      /* false: its RSS is far from the sample's */
	int64_t boot_ns; /* time of the reading, of CLOCK_BOOTTIME */
	int64_t rss_kib, pss_kib; /* of all processes */
	size_t sharers; /* processes that map the largest shared segment; 0: not
			   counted, as the sum is about right */
};

struct shares {
	const struct procfs *fs;
	struct shares_thread *thread; /* NULL before the first reading */
	bool unable;                  /* the thread can't be started */
	bool reading;                 /* a round is running */
	double budget;                /* share of a processor */
	/* Start of the recording; cost of all readings. */
	int64_t began_ns, spent_ns;
	int64_t highest_kib;       /* highest total so far */
	int64_t before_kib;        /* total at the last tick */
	int64_t read_kib, read_ns; /* highest total that was read; when */
	int64_t wait_ns;   /* wait before another reading is worth its time */
	int64_t total_kib; /* at the last reading */
	int64_t pss_kib;   /* and its PSS; 0: none */
	/* Cost and total of the last reading that had a PSS. */
	int64_t cost_ns, cost_kib;
};

/* now_ns here and below: of clock_mono_ns(). budget is the share of a
 * processor that readings may take at most; 0: the usual one. */
void shares_init(struct shares *shares, const struct procfs *fs, double budget,
    int64_t now_ns) __attribute__((nonnull));

/* At each tick: begins a reading where one is due. True where one has ended,
 * into *reading. */
bool shares_step(struct shares *shares, const struct members *members,
    int64_t now_ns, struct shares_reading *reading) __attribute__((nonnull));

/* Takes the last reading, where it has ended. A thread that still waits for a
 * process's lock is left behind. */
bool shares_finish(struct shares *shares, struct shares_reading *reading)
    __attribute__((nonnull));

#endif
