/* SPDX-License-Identifier: MIT
 *
 * Descendants that are there when the program has ended. Some end a moment
 * later, as a helper whose pipe was closed (Python's resource tracker) does,
 * and have been woken for that by then.
 */
#ifndef MPROF_RECORDER_LINGER_H
#define MPROF_RECORDER_LINGER_H

#include "recorder/members.h"
#include "recorder/sampler.h"

/* Descendants that have not ended. A zombie has, and so has what this process
 * has killed. */
size_t linger_count(const struct members *members) __attribute__((nonnull));

/* The first of them, by the names that they have now. */
void linger_name(const struct procfs *fs, const struct members *members,
    struct sampler_living living[SAMPLER_NAMED]) __attribute__((nonnull));

/* Whether the end of one that this process has killed is still to come. A
 * zombie's end comes when its parent takes notice, which a parent that lives
 * may never do. */
bool linger_is_dying(const struct members *members) __attribute__((nonnull));

/* Whether any of them runs, waits for a processor or a disk, or has run since
 * the last call, and has not run for long since the first. At the first call
 * all of them count as such. */
bool linger_stirs(const struct procfs *fs, struct members *members)
    __attribute__((nonnull));

#endif
