/* SPDX-License-Identifier: MIT
 *
 * The second pass of a tick: what they hold. One process after the other is
 * measured by one metric. Files are kept open
 * while there are descriptors; a kept file also distinguishes one use of a pid
 * from the next. Without one the process's start does.
 */
#ifndef MPROF_RECORDER_METER_H
#define MPROF_RECORDER_METER_H

#include "proc/metric.h"
#include "recorder/members.h"

/* Memory that two processes use as one: between vfork() and exec a child has
 * its parent's, and what clone(CLONE_VM) made has it for good. It counts once,
 * with the process that had it first. A process that has executed a program
 * has memory of its own, so the others alone are asked about, and each of them
 * only until its memory is known to be its own. */
struct borrow {
	const struct procfs *fs;
	bool asks; /* kcmp() can be asked */
};

/* Without asks the kernel is not asked, as for a /proc that is a test's. */
void borrow_init(struct borrow *borrow, const struct procfs *fs, bool asks)
    __attribute__((nonnull));

/* Whether the process at that position has no memory of its own now. To be
 * called right before it is measured: where the answer is no, what is read
 * from then on is its own. Otherwise its kib becomes -1. parted is set to the
 * position of a lender that has ended, or executed a program, since it was
 * measured: its figure may be of what this process has alone now. */
bool borrow_check(struct borrow *borrow, struct members *members, size_t at,
    size_t *parted) __attribute__((nonnull));

struct meter {
	const struct procfs *fs;
	const struct metric *metric;
	const char *file; /* its name below /proc/PID */
	int keep_below;   /* descriptors from here on are not kept */
	bool keeps_root; /* the program's end is reported by wait(), not here */
	struct borrow borrow;
	size_t denied; /* readings that were not permitted */
	char text[4096];
};

/* Lets this process open as many files as it may: to be called when the
 * program runs already, whose limits stay. For a metric of METRIC_CGROUP the
 * processes are only seen to be there. */
void meter_init(struct meter *meter, const struct procfs *fs,
    const struct metric *metric) __attribute__((nonnull));

/* Measures into member->kib, -1 where it has nothing to measure. False where
 * the process is no longer there. */
bool meter_measure(struct meter *meter, struct member *member)
    __attribute__((nonnull));

/* Measures the members from position first on that are there. Those that are
 * no longer there become gone; a program whose end is still to come is hidden
 * where /proc doesn't show it. */
void meter_read(struct meter *meter, struct members *members, size_t first)
    __attribute__((nonnull));

/* Measures all members between two ticks. None becomes gone: one that is no
 * longer there has no figure. */
void meter_read_again(struct meter *meter, struct members *members)
    __attribute__((nonnull));

#endif
