/* SPDX-License-Identifier: MIT
 *
 * Object files that are kept open, since they may be removed or replaced while
 * they are in use: a temporary program, or one that is built anew.
 */
#ifndef MPROF_PROC_KEPT_FILES_H
#define MPROF_PROC_KEPT_FILES_H

#include <stdbool.h>
#include <time.h>

#include "base/array.h"

struct kept_file {
	char *path;
	int fd; /* O_PATH; -1: it can't be opened, or not stay so */
	struct timespec changed; /* st_ctim before it was opened */
};

/* Zeroed it is empty. */
struct kept_files {
	ARRAY(struct kept_file) files;
};

/* Whether a new descriptor may be kept: half of those that the limit allows are
 * for what is open for a moment, and for other uses. */
bool kept_files_has_room(int fd);

/* Opens a regular file of that path, unless it was noted before, is one of the
 * system's, is on a mount that must stay free, or there is no room. */
void kept_files_note(struct kept_files *kept, const char *path)
    __attribute__((nonnull));

/* The file that was noted by that path, open; NULL where there is none. */
const struct kept_file *kept_files_find(
    const struct kept_files *kept, const char *path) __attribute__((nonnull));

void kept_files_finish(struct kept_files *kept) __attribute__((nonnull));

#endif
