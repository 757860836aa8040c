/* SPDX-License-Identifier: MIT
 *
 * The metrics of a process, a row each: its measure, and how its figure is
 * read from the text of a /proc file.
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
	METRIC_ROLLUP, /* smaps_rollup, Linux 4.14: walks the page tables */
	METRIC_CGROUP  /* of the control group, not of a process */
};

struct metric {
	const struct measure *measure; /* its names */
	enum metric_file file;
	/* Reads the figure in KiB; -1 where the text has none. */
	int64_t (*read)(const char *text, int64_t page_kib);
	/* Reads the part that other processes may share, files and shared
	 * memory; NULL where the text doesn't tell. */
	int64_t (*read_shared)(const char *text, int64_t page_kib);
	/* Reads a figure that hardly two programs share; NULL where the text
	 * doesn't tell. */
	int64_t (*read_program)(const char *text, int64_t page_kib);
	const char *mark; /* key in status of its high-water mark; NULL where
			     the kernel keeps none */
};

/* Finds a metric by its name, or memory_profiler's name; NULL where there is
 * none. */
const struct metric *metric_find(const char *name);

/* Rows from 0; NULL behind the last. */
const struct metric *metric_at(size_t index);

/* Its file in /proc/PID; NULL for METRIC_CGROUP. */
const char *metric_file_name(const struct metric *metric)
    __attribute__((nonnull));

#endif
