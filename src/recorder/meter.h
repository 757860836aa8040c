/* SPDX-License-Identifier: MIT
 *
 * Measures one process after the other by one metric. Files are kept open
 * while there are descriptors; a kept file also tells one use of a pid from
 * the next. Without one the process's start does.
 */
#ifndef MPROF_RECORDER_METER_H
#define MPROF_RECORDER_METER_H

#include "proc/metric.h"
#include "recorder/members.h"

struct meter {
	const struct procfs *fs;
	const struct metric *metric;
	const char *file; /* its name below /proc/PID */
	int keep_below;   /* descriptors from here on are not kept */
	size_t denied;    /* readings that were not permitted */
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

#endif
