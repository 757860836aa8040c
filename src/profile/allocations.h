/* SPDX-License-Identifier: MIT
 *
 * The sampled allocations of a run (ALLOC, FREE, NAME), and the pages that were
 * touched (TOUCH, LEFT), with the stacks that they were made under. Ids ascend,
 * as the recorder gives them.
 */
#ifndef MPROF_PROFILE_ALLOCATIONS_H
#define MPROF_PROFILE_ALLOCATIONS_H

#include "profile/profile.h"

/* Adds one; its site is a number, not a place. False where its id is no higher
 * than the last one's. */
bool allocations_add(struct allocation_list *list,
    const struct allocation *allocation) __attribute__((nonnull));

/* Those with ids from first to last that live are freed at time_s; ended: their
 * process had them until it ended. */
void allocations_end(struct allocation_list *list, uint64_t first,
    uint64_t last, double time_s, bool ended) __attribute__((nonnull));

/* The place in run->code of a frame of that number; a new one has no text. */
size_t run_code(struct run *run, uint64_t number) __attribute__((nonnull));

/* The place in run->sites of that number; a new one has no frames. */
size_t run_site(struct run *run, uint64_t number) __attribute__((nonnull));

/* Appends a frame, by its place in run->code, to the newest site. */
void run_add_site_frame(struct run *run, size_t code) __attribute__((nonnull));

/* Gives each site its stack once everything was read. A frame of machine code
 * becomes the functions that are named for it. To be called again after more
 * were. */
void run_settle_sites(struct run *run) __attribute__((nonnull));

void run_finish_allocations(struct run *run) __attribute__((nonnull));

#endif
