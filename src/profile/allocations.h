/* SPDX-License-Identifier: MIT
 *
 * The sampled allocations of a run (ALLOC, FREE, NAME), and touched pages
 * (TOUCH, LEFT), with the stacks under which they were made. Ids ascend, as
 * the recorder assigns them.
 */
#ifndef MPROF_PROFILE_ALLOCATIONS_H
#define MPROF_PROFILE_ALLOCATIONS_H

#include "profile/profile.h"

/* Adds an allocation; its site is a number of the file, not an index. False
 * where its id is no higher than the last one's. */
bool allocations_add(struct allocation_list *list,
    const struct allocation *allocation) __attribute__((nonnull));

/* Frees the living allocations with ids from first to last. A reading at time_s
 * no longer had them; ended: their process held them until it ended. */
void allocations_end(struct allocation_list *list, uint64_t first,
    uint64_t last, double time_s, bool ended) __attribute__((nonnull));

/* The same, where their process had ended by time_s, and the first reading
 * after that was at read_s. */
void allocations_end_before(struct allocation_list *list, uint64_t first,
    uint64_t last, double time_s, double read_s) __attribute__((nonnull));

/* The index in run->code of the frame with that number; a new one has no
 * text. */
size_t run_code(struct run *run, uint64_t number) __attribute__((nonnull));

/* The index in run->sites of the site with that number; a new one has no
 * frames. */
size_t run_site(struct run *run, uint64_t number) __attribute__((nonnull));

/* Appends a frame, by its index in run->code, to the newest site. */
void run_add_site_frame(struct run *run, size_t code) __attribute__((nonnull));

/* Builds each site's stack, once everything was read. A frame of machine code
 * becomes the functions that NAME records give it. Call it again after further
 * NAME records. */
void run_settle_sites(struct run *run) __attribute__((nonnull));

#endif
