/* SPDX-License-Identifier: MIT
 *
 * A set of pids, small: in a storm of forks there are thousands.
 */
#ifndef MPROF_RECORDER_PIDS_H
#define MPROF_RECORDER_PIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pids {
	pid_t *slots; /* 0 where free */
	size_t cap, count;
};

void pids_finish(struct pids *pids) __attribute__((nonnull));

void pids_add(struct pids *pids, pid_t pid) __attribute__((nonnull));
bool pids_have(const struct pids *pids, pid_t pid) __attribute__((nonnull));

/* Forgets them all, and keeps the room. */
void pids_clear(struct pids *pids) __attribute__((nonnull));

#endif
