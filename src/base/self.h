/* SPDX-License-Identifier: MIT
 *
 * The paths of this program and of the files that belong to it.
 */
#ifndef MPROF_BASE_SELF_H
#define MPROF_BASE_SELF_H

#include "base/err.h"

/* The program's own file, links to it resolved; NULL where /proc doesn't have
 * it. The caller frees. */
char *self_path(void) __attribute__((warn_unused_result));

/* The path of a companion file (a module, the agent): build/NAME beside an
 * uninstalled program, ../lib/mprof/NAME beside an installed one,
 * ../libexec/mprof/NAME beside one that pip installed; symbolic links to the
 * program are followed. One that another user could have written
 * is passed over. NULL with e where there is none; the caller frees. */
char *self_companion(const char *name, struct err *e);

/* Started setuid or setgid, which mprof is not made for: goes on as the user
 * who started it, for good. -1 with e where that can't be had. */
int self_drop_privileges(struct err *e) __attribute__((warn_unused_result));

/* Gives back what only the start of this program needed of the libraries: the
 * kernel maps their pages again where they are used. */
void self_trim(void);

#endif
