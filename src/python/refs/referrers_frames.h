/* SPDX-License-Identifier: MIT
 *
 * The functions that were running when a snapshot was taken, and the names of
 * their variables.
 */
#ifndef MPROF_PYTHON_REFS_REFERRERS_FRAMES_H
#define MPROF_PYTHON_REFS_REFERRERS_FRAMES_H

#include "python/refs/referrers.h"

/* Fills referrers->frames, all threads of all interpreters. */
void referrers_find_frames(struct referrers *referrers)
    __attribute__((nonnull));

/* The code of a frame or generator; 0 of other objects. */
uint64_t referrers_code(struct object_types *types, uint64_t address,
    const struct object_type *type) __attribute__((nonnull));

/* The number of variables of code; up to 3.10 without closure variables. */
uint64_t referrers_variables(struct object_types *types, uint64_t code)
    __attribute__((nonnull));

/* The str that names a variable; 0 where it has none. */
uint64_t referrers_variable(struct object_types *types, uint64_t code,
    uint64_t index) __attribute__((nonnull));

#endif
