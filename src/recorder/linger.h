/* SPDX-License-Identifier: MIT
 *
 * Those that are there when the program has ended: some end a moment later,
 * as a helper whose pipe was closed (Python's resource tracker) does, and have
 * been woken for that by then.
 */
#ifndef MPROF_RECORDER_LINGER_H
#define MPROF_RECORDER_LINGER_H

#include "recorder/members.h"

/* Whether any of them runs, waits for a processor or a disk, or has run since
 * the last call, and has not run for long since the first. At the first call
 * all of them count as such. */
bool linger_stirs(const struct procfs *fs, struct members *members)
    __attribute__((nonnull));

#endif
