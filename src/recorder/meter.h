/* SPDX-License-Identifier: MIT
 *
 * The second pass of a tick: what they hold. Processes are measured one after
 * the other by one metric. Files are kept open while descriptors last; a kept
 * file also tells one use of a pid from the next. Without one, the process's
 * start does.
 */
#ifndef MPROF_RECORDER_METER_H
#define MPROF_RECORDER_METER_H

#include "proc/metric.h"
#include "recorder/members.h"

/* Memory that two processes share: between vfork() and exec a child uses its
 * parent's, and what clone(CLONE_VM) made uses it for good. It counts once, for
 * the process that had it first. A process that has executed a program has its
 * own memory, so only the others are checked, each until its memory is known to
 * be its own. */
struct borrow {
	const struct procfs *fs;
	bool asks; /* kcmp() is used */
};

/* asks false: kcmp() is not used, as with a test's /proc. */
void borrow_init(struct borrow *borrow, const struct procfs *fs, bool asks)
    __attribute__((nonnull));

/* Whether the process at that position shares another's memory now; its kib
 * becomes -1 then. Call it right before measuring: on false, what is read from
 * then on is its own. parted is set to the position of a lender that has ended,
 * or has executed a program, since it was measured: its figure may be of memory
 * that this process alone has now. */
bool borrow_check(struct borrow *borrow, struct members *members, size_t at,
    size_t *parted) __attribute__((nonnull));

struct meter {
	const struct procfs *fs;
	const struct metric *metric;
	const char *file; /* name below /proc/PID */
	int keep_below;   /* only descriptors below this number are kept open */
	bool keeps_root;  /* wait() reports the program's end, not a failed
			     reading */
	struct borrow borrow;
	size_t denied; /* readings that were not permitted */
	char text[4096];
};

/* Raises this process's limit of open files: call it when the program runs
 * already, whose limits then stay. For a metric of METRIC_CGROUP, processes are
 * only checked for being alive. */
void meter_init(struct meter *meter, const struct procfs *fs,
    const struct metric *metric) __attribute__((nonnull));

/* Measures into member->kib, -1 where there is no figure. False where the
 * process is gone. */
bool meter_measure(struct meter *meter, struct member *member)
    __attribute__((nonnull));

/* Measures the members from position first on. Those whose process is gone
 * become gone; a program whose end wait() has not reported yet is hidden where
 * /proc doesn't show it. */
void meter_read(struct meter *meter, struct members *members, size_t first)
    __attribute__((nonnull));

/* Measures all members between two ticks. None becomes gone: one without a
 * process has no figure. */
void meter_read_again(struct meter *meter, struct members *members)
    __attribute__((nonnull));

#endif
