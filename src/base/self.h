/* SPDX-License-Identifier: MIT
 *
 * The paths of this program and of the files that belong to it.
 */
#ifndef MPROF_BASE_SELF_H
#define MPROF_BASE_SELF_H

#include "base/err.h"

/* The program's own file, with links resolved; NULL where /proc doesn't tell.
 * The caller frees. */
char *self_path(void) __attribute__((warn_unused_result));

/* The path of a companion file (a module, the agent): build/NAME beside an
 * uninstalled program, ../lib/mprof/NAME beside an installed one,
 * ../libexec/mprof/NAME beside one installed by pip; symbolic links to the
 * program are followed. Skips files that another user could have written. NULL
 * with e where there is none; the caller frees. */
char *self_companion(const char *name, struct err *e);

/* If started setuid or setgid, which mprof is not made for: continues as the
 * user who started it, permanently. -1 with e where that fails. */
int self_drop_privileges(struct err *e) __attribute__((warn_unused_result));

/* Releases pages of libraries that only the program's start needed: the kernel
 * maps them again when used. */
void self_trim(void);

#endif
