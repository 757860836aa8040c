/* SPDX-License-Identifier: MIT
 *
 * The peak of a process with its descendants, from repeated readings of all of
 * them. Like the recorder's, it is the highest sum, or the highest high-water
 * mark of one process; or more, if the others are known to have held at least
 * some memory at the time. It is exact if one process at a time changes
 * between two readings, and otherwise a lower bound.
 */
#ifndef MPROF_PYTHON_AGENT_TREE_PEAK_H
#define MPROF_PYTHON_AGENT_TREE_PEAK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tree_member {
	pid_t pid;
	uint64_t started; /* as proc_stat.started */
	int64_t bytes;
	int64_t mark;   /* high-water mark in bytes; -1: not known */
	int64_t faults; /* as proc_stat.faults */
	int64_t floor;  /* the least that it had since the previous reading */
};

struct tree_reading {
	struct tree_member *items;
	size_t len, cap;
	int64_t waited; /* highest mark of reaped processes, by getrusage();
			   bytes, 0: not known */
};

struct tree_peak {
	int64_t bytes;            /* highest since the first reading */
	struct tree_reading last; /* the previous reading */
	int64_t old; /* highest mark from before the first reading, or of a
			parent outside the tree: it is not the tree's */
};

/* 0, or -1 where there is no memory. */
int tree_reading_add(
    struct tree_reading *reading, const struct tree_member *member);

/* The first reading of a zeroed peak is its start: marks that stand then are
 * older. Takes over reading's content; reading keeps the room. */
void tree_peak_add(struct tree_peak *peak, struct tree_reading *reading);

void tree_reading_finish(struct tree_reading *reading);

#endif
