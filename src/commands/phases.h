/* SPDX-License-Identifier: MIT
 *
 * What the phases between the marks of a run took: a part of mprof peak.
 */
#ifndef MPROF_COMMANDS_PHASES_H
#define MPROF_COMMANDS_PHASES_H

#include "base/json.h"
#include "profile/profile.h"

/* A line a phase: its start, duration, peak, growth and name. Says so where
 * the run has no marks. */
void phases_print(const struct run *run) __attribute__((nonnull));

/* The same as the value of a key "phases". */
void phases_write(struct json *json, const struct run *run)
    __attribute__((nonnull));

#endif
