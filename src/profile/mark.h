/* SPDX-License-Identifier: MIT
 *
 * The marks of a run by name.
 */
#ifndef MPROF_PROFILE_MARK_H
#define MPROF_PROFILE_MARK_H

#include "base/err.h"
#include "profile/profile.h"

/* The time of the last mark of that name; NAN with e, which names the last
 * mark, where there is none. */
double mark_last_s(const struct run *run, const char *label, struct err *e)
    __attribute__((nonnull(1, 2)));

#endif
