/* SPDX-License-Identifier: MIT
 *
 * A recording that is still being written: only what is new is read, whole
 * lines alone. A file that became shorter is read anew.
 */
#ifndef MPROF_DAT_FOLLOW_H
#define MPROF_DAT_FOLLOW_H

#include <stdbool.h>

#include "base/err.h"
#include "profile/profile.h"

struct dat_follow;

/* NULL with e where the file can't be opened. The caller closes. */
struct dat_follow *dat_follow_open(const char *path, struct err *e)
    __attribute__((nonnull, warn_unused_result));
void dat_follow_close(struct dat_follow *follow);

/* Takes in what was written since the last time; *news says whether there was
 * anything. -1 with e where the file can't be read. */
int dat_follow_read(struct dat_follow *follow, bool *news, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* What is known by now, its series sorted; good until the next read. */
const struct profile *dat_follow_profile(struct dat_follow *follow)
    __attribute__((nonnull));

#endif
