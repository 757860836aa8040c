/* SPDX-License-Identifier: MIT
 *
 * Finds names for the machine code in a run's sampled allocations, in a
 * separate process with bounded memory and time: object files may contain
 * anything, and whatever happens there does no harm.
 */
#ifndef MPROF_SYMBOLS_NAMING_H
#define MPROF_SYMBOLS_NAMING_H

#include "base/strbuf.h"
#include "profile/profile.h"

/* Appends NAME records, whole lines, for addresses without names; none for an
 * object file that was changed after it was first seen. */
void naming_find(const struct run *run, struct strbuf *records)
    __attribute__((nonnull));

#endif
