/* SPDX-License-Identifier: MIT
 *
 * The size of an object in a snapshot, as sys.getsizeof() says it: with the
 * collector's header, without what the object refers to.
 */
#ifndef MPROF_PYTHON_HEAP_OBJECT_SIZE_H
#define MPROF_PYTHON_HEAP_OBJECT_SIZE_H

#include "python/heap/object_type.h"

/* The size of the object at address, which is of that type. A length that the
 * copy can't hold counts as none. */
uint64_t object_size(struct object_types *types, uint64_t address,
    const struct object_type *type) __attribute__((nonnull));

/* Whether what is at address is an object of that type by all that can be
 * seen: for words that may be left over from before. Only kinds that the
 * collector does not know are sound, with a length that is told twice: a str
 * or bytes by the zero at its end. */
bool object_is_sound(struct object_types *types, uint64_t address,
    const struct object_type *type) __attribute__((nonnull));

/* The address of a generator's or a frame object's frame (3.11 on). */
uint64_t object_frame(struct object_types *types, uint64_t address,
    const struct object_type *type) __attribute__((nonnull));

/* The number of variables and temporaries that the frame of a generator or of a
 * frame object has (3.11 on); *frame is where the frame is. */
uint64_t object_frame_words(struct object_types *types, uint64_t address,
    const struct object_type *type, uint64_t *frame) __attribute__((nonnull));

#endif
