/* SPDX-License-Identifier: MIT
 *
 * How much of the summed RSS is the same memory counted again: readings of
 * the PSS of all processes, near the peak. One takes milliseconds of a large
 * process, and may wait for that process's mmap_lock, so a thread takes it and
 * no tick waits. Taken are those that can say something new, within a budget
 * of processor time.
 */
#ifndef MPROF_RECORDER_SHARES_H
#define MPROF_RECORDER_SHARES_H

#include "recorder/members.h"

/* A reading of the RSS and the PSS of all processes. */
struct shares_reading {
	bool same;                /* as the last one: nothing else was read */
	bool taken;               /* false: it could say nothing, or not all */
	int64_t boot_ns;          /* when, of CLOCK_BOOTTIME */
	int64_t rss_kib, pss_kib; /* of all processes */
	size_t sharers; /* that map the largest segment that is shared; 0:
			 * not counted, as the sum is about right */
};

struct shares {
	const struct procfs *fs;
	struct shares_thread *thread; /* NULL before the first reading */
	bool unable;                  /* there can be no thread */
	bool reading;                 /* it is at work */
	double budget;                /* of a processor */
	int64_t began_ns, spent_ns;   /* the recording; all readings */
	int64_t highest_kib;          /* of all totals */
	int64_t before_kib;           /* the total at the last tick */
	int64_t read_kib, read_ns;    /* the highest that was read; when */
	int64_t wait_ns;              /* until another is worth its time */
	int64_t total_kib;            /* at the last reading */
	int64_t pss_kib;              /* and its PSS; 0: none */
	int64_t cost_ns, cost_kib;    /* of the last that had a PSS */
};

/* now_ns here and below: of clock_mono_ns(). budget is the share of a
 * processor that readings may take at most; 0: the usual one. */
void shares_init(struct shares *shares, const struct procfs *fs, double budget,
    int64_t now_ns) __attribute__((nonnull));

/* At each tick: begins a reading where one is due. True where one has ended
 * since, into *reading. */
bool shares_step(struct shares *shares, const struct members *members,
    int64_t now_ns, struct shares_reading *reading) __attribute__((nonnull));

/* The last one, where it has ended. One that still waits for a process's lock
 * is left behind. */
bool shares_finish(struct shares *shares, struct shares_reading *reading)
    __attribute__((nonnull));

#endif
