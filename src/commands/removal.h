/* SPDX-License-Identifier: MIT
 *
 * Deleting recordings: all of them or none, shared by rm and clean.
 */
#ifndef MPROF_COMMANDS_REMOVAL_H
#define MPROF_COMMANDS_REMOVAL_H

#include <stdbool.h>

#include "base/array.h"

struct removal {
	ARRAY(char *) paths; /* none of them twice */
};

/* Adds a path, unless it is there. */
void removal_add(struct removal *removal, const char *path)
    __attribute__((nonnull));

/* Adds the companions X_ts.dat of what is there. */
void removal_add_companions(struct removal *removal) __attribute__((nonnull));

/* Deletes every file, or names them where it is a dry run. What can't be
 * deleted is said on stderr; the exit status. */
int removal_carry_out(const struct removal *removal, bool dry_run)
    __attribute__((nonnull));

void removal_finish(struct removal *removal) __attribute__((nonnull));

#endif
