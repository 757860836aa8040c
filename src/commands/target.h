/* SPDX-License-Identifier: MIT
 *
 * The process that mprof attach is to record.
 */
#ifndef MPROF_COMMANDS_TARGET_H
#define MPROF_COMMANDS_TARGET_H

#include <sys/types.h>

#include "base/err.h"
#include "proc/metric.h"

struct target {
	pid_t pid;
	char **words; /* its command line, ends with NULL */
};

/* word is a pid or a name. COMMAND_OK, or the status to end with: what is
 * wrong was said on stderr. The caller finishes in any case. */
int target_init(struct target *target, const char *word)
    __attribute__((nonnull));
/* Whether metric may be read of it; -1 with e where that isn't permitted. */
int target_check_metric(const struct target *target,
    const struct metric *metric, struct err *e) __attribute__((nonnull));
void target_finish(struct target *target) __attribute__((nonnull));

#endif
