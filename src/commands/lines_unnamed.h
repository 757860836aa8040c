/* SPDX-License-Identifier: MIT
 *
 * Notes of mprof lines about code that was generated at run time and has no
 * names.
 */
#ifndef MPROF_COMMANDS_LINES_UNNAMED_H
#define MPROF_COMMANDS_LINES_UNNAMED_H

#include "analysis/held.h"

/* Prints how much is credited to others because the user's own code on the
 * stack has no name, and what gives it one; nothing where that is little. */
void lines_unnamed_print(const struct held *held) __attribute__((nonnull));

/* The same of the touched memory beside it, where the above said nothing. */
void lines_unnamed_print_touched(const struct held *held,
    const struct stack_growths *growths) __attribute__((nonnull));

#endif
