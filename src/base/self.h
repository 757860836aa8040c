/* SPDX-License-Identifier: MIT
 *
 * Where this program and the files that belong to it are.
 */
#ifndef MPROF_BASE_SELF_H
#define MPROF_BASE_SELF_H

#include "base/err.h"

/* The path of a companion file (a module, the agent): build/NAME beside an
 * uninstalled program, ../lib/mprof/NAME beside an installed one; symbolic
 * links to the program are followed. NULL with e where there is none; the
 * caller frees. */
char *self_companion(const char *name, struct err *e);

/* Gives back what only the start of this program needed of the libraries: the
 * kernel maps their pages again where they are used. */
void self_trim(void);

#endif
