/* SPDX-License-Identifier: MIT
 *
 * Threads, greenlets and asyncio's tasks have names, are roots, and own the
 * functions that run in them.
 */
#ifndef MPROF_PYTHON_REFS_REFERRERS_OWNERS_H
#define MPROF_PYTHON_REFS_REFERRERS_OWNERS_H

#include "python/refs/referrers.h"

/* Appends the frames of suspended greenlets to referrers->frames. */
void referrers_add_greenlets(struct referrers *referrers)
    __attribute__((nonnull));

/* Marks threads, greenlets and tasks as roots, and sets the frames' owners. */
void referrers_find_owners(struct referrers *referrers)
    __attribute__((nonnull));

/* The coroutine that a task runs; REFERENCES_NONE where that is unknown. */
uint32_t referrers_coroutine(const struct referrers *referrers, uint32_t task)
    __attribute__((nonnull));

#endif
