/* SPDX-License-Identifier: MIT
 *
 * Signals the program and all its descendants when they hold more memory than
 * allowed.
 */
#ifndef MPROF_RECORDER_LIMIT_H
#define MPROF_RECORDER_LIMIT_H

#include "recorder/members.h"

enum limit_action {
	LIMIT_STOP,
	LIMIT_TERM,
	LIMIT_KILL,
	LIMIT_MARK,
	LIMIT_ACTIONS
};

/* A process that this one may not signal. */
struct limit_refused {
	pid_t pid;
	int cause; /* errno */
	char name[PROCFS_NAME];
};

enum { LIMIT_NAMED = 5 };

struct limit {
	const struct procfs *fs;
	int64_t kib;
	enum limit_action action;
	bool reached;
	int64_t total_kib; /* total when the limit was reached */
	size_t refusals;   /* processes that could not be signalled */
	size_t named;      /* number of entries in refused */
	struct limit_refused refused[LIMIT_NAMED];
};

/* Acts where total_kib is above the limit; at later calls, on processes that
 * are new or could not be signalled yet. True at the call that found the limit
 * reached. */
bool limit_check(struct limit *limit, struct members *members,
    int64_t total_kib) __attribute__((nonnull));

/* "term", for a message and a mark. */
const char *limit_action_name(enum limit_action action);

#endif
