/* SPDX-License-Identifier: MIT
 *
 * The reason behind a leak's verdict, as text. All commands that print the
 * verdict use it.
 */
#ifndef MPROF_ANALYSIS_LEAK_WHY_H
#define MPROF_ANALYSIS_LEAK_WHY_H

#include "analysis/leak.h"

/* For an undecided verdict: the reason, and what would decide it. For a steady
 * one: the smallest leak that would have shown. Otherwise empty. The caller
 * frees it. */
char *leak_why(const struct leak *leak)
    __attribute__((nonnull, warn_unused_result));

/* The reason as one word, for JSON; NULL where it is decided. */
const char *leak_why_word(const struct leak *leak) __attribute__((nonnull));

#endif
