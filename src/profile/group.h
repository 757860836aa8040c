/* SPDX-License-Identifier: MIT
 *
 * Adds up the processes of a run by name: seventeen workers that replace each
 * other are one, whatever their pids.
 */
#ifndef MPROF_PROFILE_GROUP_H
#define MPROF_PROFILE_GROUP_H

#include "profile/profile.h"

/* Fills grouped with everything of the run, borrowed, except that the processes
 * of each name become one: their sum at each tick, without key and pid, named
 * "cc1plus x186, highest 272 MiB (f7.cpp)". A run without MEM records has no
 * ticks, and is not grouped. The run must live as long; the caller finishes. */
void run_group_by_name(struct run *grouped, const struct run *run)
    __attribute__((nonnull));
void run_group_finish(struct run *grouped, const struct run *run)
    __attribute__((nonnull));

#endif
