/* SPDX-License-Identifier: MIT
 *
 * Chains of references that end in a cache of the interpreter, of its standard
 * library or of an installed one: these hold much, and are no leak. They are
 * known by name, or as a functools.lru_cache: of the standard library any, of
 * an installed library one that has a bound; or as the list that a type of C
 * has of its subclasses. A program's own cache is never one of them.
 */
#ifndef MPROF_PYTHON_REFS_CACHES_H
#define MPROF_PYTHON_REFS_CACHES_H

#include "python/refs/referrers.h"

/* Marks the chains that end in a cache, and moves them behind all others. */
void caches_sort(struct chains *chains, const struct referrers *referrers)
    __attribute__((nonnull));

#endif
