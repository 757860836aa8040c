/* SPDX-License-Identifier: MIT
 *
 * A growing array of any type: ARRAY(struct call) calls = {0}; then
 * *array_push(&calls) = (struct call){...}; items, len and cap are open to
 * the caller; array_free() releases and empties it. Growth doubles, from 8
 * items; from 1 where an item is large, since of those there is often one.
 */
#ifndef MPROF_BASE_ARRAY_H
#define MPROF_BASE_ARRAY_H

#include <stdlib.h>

#include "base/mem.h"

#define ARRAY(type)              \
	struct {                 \
		type *items;     \
		size_t len, cap; \
	}

/* Adds an item; the pointer to it (not zeroed) is valid until the next. */
#define array_push(a)                                    \
	((a)->len < (a)->cap ? (void)0 : array_grow_(a), \
	    &(a)->items[(a)->len++])

enum { ARRAY_LARGE_ITEM = 128 };

#define array_first_(a) (sizeof(*(a)->items) < ARRAY_LARGE_ITEM ? 8 : 1)

#define array_grow_(a)                                                 \
	((a)->cap = (a)->cap ? 2 * (a)->cap : array_first_(a),         \
	    (a)->items =                                               \
		mem_resize((a)->items, (a)->cap, sizeof(*(a)->items)), \
	    (void)0)

#define array_free(a) \
	(free((a)->items), (a)->items = NULL, (a)->len = (a)->cap = 0, (void)0)

/* Binary search in items that ascend by a member: the index of the first whose
 * member is not less than the key; len where there is none. */
#define array_lower_bound(a, member, key)                           \
	__extension__({                                             \
		size_t low_ = 0, high_ = (a)->len;                  \
                                                                    \
		while (low_ < high_) {                              \
			size_t middle_ = low_ + (high_ - low_) / 2; \
                                                                    \
			if ((a)->items[middle_].member < (key))     \
				low_ = middle_ + 1;                 \
			else                                        \
				high_ = middle_;                    \
		}                                                   \
		low_;                                               \
	})

#endif
