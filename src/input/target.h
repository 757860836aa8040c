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
	char **argv; /* its command line, ends with NULL; of a control group
		      * what it was asked for as */
	char *group; /* the folder that lists its processes */
	char *group_path; /* in the hierarchies */
};

enum target_kind { TARGET_CGROUP, TARGET_UNIT, TARGET_CONTAINER, TARGET_KINDS };

struct target_wish {
	const char *word; /* a pid or a name */
	bool wait;        /* until a process of that whole name exists */
	int64_t until_ns; /* on the monotonic clock; 0: without end */
};

/* Finds the process; of several that a name means, the one that the others
 * descend from. COMMAND_OK, or the exit status after a message on stderr.
 * The caller finishes in any case. */
int target_find(struct target *target, const struct target_wish *wish)
    __attribute__((nonnull));

/* The same for one process that exists now. */
int target_init(struct target *target, const char *word)
    __attribute__((nonnull));
/* Checks that metric may be read of it; -1 with e where it is not permitted. */
int target_check_metric(const struct target *target,
    const struct metric *metric, struct err *e) __attribute__((nonnull));

/* The name of the option that names such a control group. */
const char *target_option(enum target_kind kind);

/* Finds a control group that has processes, by its path, unit or container. As
 * target_find(). */
int target_find_group(struct target *target, enum target_kind kind,
    const char *word) __attribute__((nonnull));
void target_finish(struct target *target) __attribute__((nonnull));

#endif
