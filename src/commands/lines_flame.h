/* SPDX-License-Identifier: MIT
 *
 * mprof lines --flame: the growth of a recording as a picture.
 */
#ifndef MPROF_COMMANDS_LINES_FLAME_H
#define MPROF_COMMANDS_LINES_FLAME_H

#include "analysis/lines.h"

/* Writes it to output, in the format of its extension. The exit status; what
 * went wrong was said. */
int lines_flame(const struct profile *profile,
    const struct stack_growths *growths, const char *output)
    __attribute__((nonnull));

#endif
