/* SPDX-License-Identifier: MIT
 *
 * The output of mprof lines --diff: how much more each place holds in the
 * second of two recordings.
 */
#ifndef MPROF_COMMANDS_LINES_DIFF_H
#define MPROF_COMMANDS_LINES_DIFF_H

#include "commands/lines_held.h"

/* Prints the difference as a table; as JSON where the profiles' paths are
 * given. */
void lines_diff_show(const struct held held[2],
    const struct lines_held_wish *wish, const char *const paths[2])
    __attribute__((nonnull(1, 2)));

#endif
