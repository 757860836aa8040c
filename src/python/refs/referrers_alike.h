/* SPDX-License-Identifier: MIT
 *
 * Roots of which there are many, shown as one by what they have in common.
 */
#ifndef MPROF_PYTHON_REFS_REFERRERS_ALIKE_H
#define MPROF_PYTHON_REFS_REFERRERS_ALIKE_H

#include "python/refs/referrers.h"

/* Fills alike: of many threads, greenlets, tasks and their functions whose
 * names differ only in numbers, the first stands for all. Alike tasks run the
 * same function. */
void referrers_find_alike(struct referrers *referrers) __attribute__((nonnull));

/* Replaces each number in the name by that text; the caller frees. */
char *referrers_without_numbers(const char *name, const char *instead)
    __attribute__((nonnull));

#endif
