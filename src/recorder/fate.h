/* SPDX-License-Identifier: MIT
 *
 * Which memory limits hold for the program, and whether the kernel's
 * out-of-memory killer was at work while it ran.
 */
#ifndef MPROF_RECORDER_FATE_H
#define MPROF_RECORDER_FATE_H

#include "proc/cgroup.h"

struct fate {
	const struct procfs *fs;
	struct cgroup cgroup; /* empty where there is none */
	int64_t cgroup_kills; /* counters as they were at the start */
	int64_t machine_kills;
	int64_t cgroup_kib;  /* limits; -1: none */
	int64_t address_kib; /* RLIMIT_AS */
	int64_t machine_kib;
};

/* What happened between fate_init() and now. */
struct fate_verdict {
	int64_t limit_kib;    /* the least that holds; -1: none known */
	const char *limit_of; /* "its cgroup", "its address space", ... */
	int64_t kills;        /* by the out-of-memory killer, in the cgroup */
	bool oom; /* it ended the program itself, as far as is known */
};

/* pid is the program's, which has only just begun. */
void fate_init(struct fate *fate, const struct procfs *fs, pid_t pid)
    __attribute__((nonnull));
void fate_finish(struct fate *fate) __attribute__((nonnull));

/* status is the program's as wait() gives it, 0 where it isn't known. */
void fate_judge(const struct fate *fate, int status,
    struct fate_verdict *verdict) __attribute__((nonnull));

#endif
