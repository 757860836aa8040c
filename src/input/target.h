/* SPDX-License-Identifier: MIT
 *
 * The process that mprof attach is to record.
 */
#ifndef MPROF_INPUT_TARGET_H
#define MPROF_INPUT_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "proc/metric.h"

struct target {
	pid_t pid;   /* 0: a control group */
	char **argv; /* command line, ends with NULL; for a control group, the
			words that named it */
	char *group; /* directory that lists its processes */
	char *group_path; /* its path in the hierarchies */
};

enum target_kind { TARGET_CGROUP, TARGET_UNIT, TARGET_CONTAINER, TARGET_KINDS };

struct target_wish {
	const char *word; /* a pid or a name */
	bool wait;        /* until a process with exactly that name exists */
	int64_t until_ns; /* on the monotonic clock; 0: forever */
};

/* Finds the process; of several that match, the one that the others descend
 * from. COMMAND_OK, or the exit status after a message on stderr. The caller
 * finishes in any case. */
int target_find(struct target *target, const struct target_wish *wish)
    __attribute__((nonnull));

/* The same, for one process that exists now. */
int target_init(struct target *target, const char *word)
    __attribute__((nonnull));
/* Checks that the metric may be read; -1 with e where that is not permitted. */
int target_check_metric(const struct target *target,
    const struct metric *metric, struct err *e) __attribute__((nonnull));

/* The option that names such a control group. */
const char *target_option(enum target_kind kind);

/* Finds a control group that has processes, by its path, unit or container.
 * Returns as target_find(). */
int target_find_group(struct target *target, enum target_kind kind,
    const char *word) __attribute__((nonnull));
void target_finish(struct target *target) __attribute__((nonnull));

#endif
