/* SPDX-License-Identifier: MIT
 *
 * The functions that ran when an image was taken, and what their variables
 * are called.
 */
#ifndef MPROF_PYTHON_HOLDERS_FRAMES_H
#define MPROF_PYTHON_HOLDERS_FRAMES_H

#include "python/holders.h"

/* Fills holders->frames, all threads of all interpreters. */
void holders_find_frames(struct holders *holders) __attribute__((nonnull));

/* The code of a frame or generator; 0 of other objects. */
uint64_t holders_code(struct object_types *types, uint64_t address,
    const struct object_type *type) __attribute__((nonnull));

/* How many variables code has; to 3.10 without those of closures. */
uint64_t holders_variables(struct object_types *types, uint64_t code)
    __attribute__((nonnull));

/* The str that is the name of one of them; 0 where it has none. */
uint64_t holders_variable(struct object_types *types, uint64_t code,
    uint64_t index) __attribute__((nonnull));

#endif
