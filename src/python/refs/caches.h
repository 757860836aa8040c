/* SPDX-License-Identifier: MIT
 *
 * Reference chains that end in a cache of the interpreter, its standard
 * library or an installed one: such caches hold much, and are no leak. They
 * are recognised by name; as a functools.lru_cache, if in the standard
 * library, or in an installed library with a bound; or as a C type's list of
 * subclasses. A program's own cache is never one of them.
 */
#ifndef MPROF_PYTHON_REFS_CACHES_H
#define MPROF_PYTHON_REFS_CACHES_H

#include "python/refs/referrers.h"

/* Marks the chains that end in a cache, and moves them behind all others. */
void caches_sort(struct chains *chains, const struct referrers *referrers)
    __attribute__((nonnull));

#endif
