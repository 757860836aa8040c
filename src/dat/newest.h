/* SPDX-License-Identifier: MIT
 *
 * The recording of a folder that began last, whatever its name.
 */
#ifndef MPROF_DAT_NEWEST_H
#define MPROF_DAT_NEWEST_H

#include "base/err.h"

/* Its name, which the caller frees; NULL where there is none. *e is filled,
 * and its text not empty, where the folder can't be read. Files with names
 * that end in .dat are asked first, then as many of the others as a moment
 * allows, the newest of them first: what begins as a recording does is one. */
char *dat_newest(const char *folder, struct err *e)
    __attribute__((nonnull, malloc, warn_unused_result));

#endif
