/* SPDX-License-Identifier: MIT
 *
 * The size of an object in a snapshot, equal to sys.getsizeof(): including the
 * collector's header, without the objects that it refers to.
 */
#ifndef MPROF_PYTHON_HEAP_OBJECT_SIZE_H
#define MPROF_PYTHON_HEAP_OBJECT_SIZE_H

#include "python/heap/object_type.h"

/* The size of the object at address, which is of that type. A length that the
 * copy can't hold counts as zero. */
uint64_t object_size(struct object_types *types, uint64_t address,
    const struct object_type *type) __attribute__((nonnull));

/* Whether the bytes at address are an object of that type, as far as can be
 * seen: for words that may be stale. Only kinds that the collector does not
 * track, and that tell their length twice, can be sound: a str or bytes ends
 * with a zero. */
bool object_is_sound(struct object_types *types, uint64_t address,
    const struct object_type *type) __attribute__((nonnull));

/* The address of a generator's or a frame object's frame (3.11 on). */
uint64_t object_frame(struct object_types *types, uint64_t address,
    const struct object_type *type) __attribute__((nonnull));

/* The number of variables and temporaries in the frame of a generator or of a
 * frame object (since 3.11); *frame is the frame's address. */
uint64_t object_frame_words(struct object_types *types, uint64_t address,
    const struct object_type *type, uint64_t *frame) __attribute__((nonnull));

#endif
