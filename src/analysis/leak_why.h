/* SPDX-License-Identifier: MIT
 *
 * A leak's verdict in words, the same for "mprof leak", "mprof check" and
 * whoever else tells of it.
 */
#ifndef MPROF_ANALYSIS_LEAK_WHY_H
#define MPROF_ANALYSIS_LEAK_WHY_H

#include "analysis/leak.h"

/* Explains an undecided verdict, and what would decide it; for a steady one,
 * which leak would have shown; else empty. The caller frees it. */
char *leak_why(const struct leak *leak)
    __attribute__((nonnull, warn_unused_result));

/* The reason as one word, for JSON; NULL where it is decided. */
const char *leak_why_word(const struct leak *leak) __attribute__((nonnull));

#endif
