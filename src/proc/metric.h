/* SPDX-License-Identifier: MIT
 *
 * The metrics of a process, a row each: which measure it is, and how its figure
 * is read from the text of a /proc file.
 */
#ifndef MPROF_PROC_METRIC_H
#define MPROF_PROC_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/measure.h"

enum metric_file {
	METRIC_STATM,
	METRIC_STATUS,
	METRIC_ROLLUP, /* smaps_rollup, of Linux 4.14: walks the page tables */
	METRIC_CGROUP  /* of the whole control group, not of a process */
};

struct metric {
	const struct measure *measure; /* its names */
	enum metric_file file;
	/* The figure in KiB; -1 where the text has none. */
	int64_t (*read)(const char *text, int64_t page_kib);
	/* The part of it that other processes may have as well, files and
	 * shared memory; NULL where the text has none. */
	int64_t (*read_shared)(const char *text, int64_t page_kib);
	/* A figure that another program hardly has the same of; NULL where the
	 * text holds none. */
	int64_t (*read_program)(const char *text, int64_t page_kib);
	const char *mark; /* status' line that holds its high-water mark;
			   * NULL where the kernel keeps none */
};

/* By its name or by memory_profiler's name for it; NULL where there is none. */
const struct metric *metric_find(const char *name);

/* The rows, from 0; NULL behind the last. */
const struct metric *metric_at(size_t index);

/* The file below /proc/PID that it is read from; NULL for METRIC_CGROUP. */
const char *metric_file_name(const struct metric *metric)
    __attribute__((nonnull));

#endif
