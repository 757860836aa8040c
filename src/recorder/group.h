/* SPDX-License-Identifier: MIT
 *
 * The processes of a control group and the groups below it, in place of a tree
 * of descendants: cgroup.procs lists those that belong, at each tick. A
 * process that was moved elsewhere is gone.
 */
#ifndef MPROF_RECORDER_GROUP_H
#define MPROF_RECORDER_GROUP_H

#include "base/strbuf.h"
#include "recorder/fork_events.h"

struct group_scanner {
	const char *directory; /* NULL: no group is followed */
	ARRAY(char *) directories;
	unsigned links; /* sum of the link counts of all directories; a new one
			   changes it */
	int64_t walked_ns;  /* time of the last listing, of clock_mono_ns() */
	struct strbuf pids; /* cgroup.procs of one directory */
	uint64_t scans;
};

/* directory is borrowed. */
void group_init(struct group_scanner *group, const char *directory)
    __attribute__((nonnull(1)));
void group_finish(struct group_scanner *group) __attribute__((nonnull));

/* Adds new processes of the group to the tree's members, and drops those that
 * have left it. */
void group_scan(struct group_scanner *group, struct tree *tree,
    struct fork_events *events, int64_t now_ns) __attribute__((nonnull));

#endif
