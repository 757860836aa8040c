/* SPDX-License-Identifier: MIT
 *
 * What is done to the program and all its descendants when they hold more
 * than they may.
 */
#ifndef MPROF_RECORDER_LIMIT_H
#define MPROF_RECORDER_LIMIT_H

#include "recorder/members.h"

enum limit_action { LIMIT_TERM, LIMIT_KILL, LIMIT_STOP, LIMIT_MARK };

struct limit {
	const struct procfs *fs;
	int64_t kib; /* 0: none */
	enum limit_action action;
	bool reached;
	int64_t total_kib; /* when it was */
};

/* Acts where total_kib is above the limit, and from then on at each call on
 * those that are new. True at the call that found it reached. */
bool limit_check(struct limit *limit, struct members *members,
    int64_t total_kib) __attribute__((nonnull));

/* "term", for a message and a mark. */
const char *limit_action_name(enum limit_action action);

#endif
