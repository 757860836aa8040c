/* SPDX-License-Identifier: MIT
 *
 * Recorded processes whose allocations are not sampled, and why: each one with
 * much memory and no table is reported to the sink, and at the end a small one
 * if that is all.
 */
#ifndef MPROF_RECORDER_UNSAMPLED_H
#define MPROF_RECORDER_UNSAMPLED_H

#include <stdbool.h>

#include "base/array.h"
#include "proc/procfs.h"
#include "recorder/sink.h"

struct unsampled_process {
	pid_t pid;
	uint64_t start_ticks;
	int64_t first_ns; /* time of the first scan */
	bool is_reported; /* reported, or no need to */
};

/* Zeroed it is empty. */
struct unsampled {
	ARRAY(struct unsampled_process) checked;
	bool attached; /* processes without a table may have run before */
	size_t reported;
	int64_t checked_ns;
	/* The launched program while it is small. */
	struct {
		const char *by; /* reason at the last check; NULL: none */
		char name[PROCFS_NAME];
		int64_t first_ns, next_ns;
	} small;
};

/* Checks a large process when it is first seen, and a second later: a dynamic
 * program has that long to make its table. */
void unsampled_scan(struct unsampled *unsampled, const struct sink_tick *tick,
    const struct sink *sink, bool (*has_table)(const void *context, pid_t pid),
    const void *context);

/* Nothing was sampled: reports the reason if the launched program was always
 * small. */
void unsampled_end(struct unsampled *unsampled, const struct sink_tick *tick,
    const struct sink *sink);

void unsampled_finish(struct unsampled *unsampled);

#endif
