/* SPDX-License-Identifier: MIT
 *
 * The figures of profile/resource.h, read from the files of a process: stat
 * has processor time, threads and faults in one reading; io, status and the
 * directory fd have the others, which take several times as long.
 */
#ifndef MPROF_PROC_USAGE_H
#define MPROF_PROC_USAGE_H

#include <stdint.h>

#include "proc/procfs.h"
#include "profile/resource.h"

/* Bits of the resources of a control group. */
#define USAGE_OF_GROUP                                   \
	(1U << RESOURCE_CGROUP | 1U << RESOURCE_EVENTS | \
	    1U << RESOURCE_PRESSURE | 1U << RESOURCE_THROTTLING)

/* By resource_figure_id; -1: unknown. Processor time is in microseconds, input
 * and output in bytes, swap in KiB. */
struct proc_usage {
	int64_t own[FIGURES_OF_PROCESS];
	/* The part of a count that came from reaped children. For input and
	 * output, own includes it. */
	int64_t waited[FIGURES_OF_PROCESS];
};

/* Reads the resources whose bits are in set (1 << RESOURCE_CPU). False where
 * the process is gone, or its pid is another process's. Of a zombie, stat can
 * still be read. */
bool proc_usage_read(const struct procfs *fs, pid_t pid, uint64_t started,
    unsigned set, struct proc_usage *usage) __attribute__((nonnull));

/* A figure in the units of profile/resource.h. */
double proc_usage_value(enum resource_figure_id figure, int64_t amount);

#endif
