/* SPDX-License-Identifier: MIT
 *
 * Code is loaded only from files that no other user could have written.
 */
#ifndef MPROF_BASE_TRUST_H
#define MPROF_BASE_TRUST_H

#include <sys/types.h>

#include "base/err.h"

/* Checks a file and every folder above it: each belongs to root, to the
 * effective user or to owner, and can't be written by everyone. (A sticky
 * folder, such as /tmp, may be: others can't exchange what is in it. Group
 * permissions are the administrator's choice.) path has no symbolic link in
 * it. 0; -1 with e, which names the part that fails. */
int trust_check(const char *path, uid_t owner, struct err *e)
    __attribute__((nonnull(1), warn_unused_result));

#endif
