/* SPDX-License-Identifier: MIT
 *
 * A new file that replaces a recording, with its mode and owner. It has no name
 * until it is complete, where the file system can do that (O_TMPFILE): a kill
 * leaves nothing. Elsewhere, and for a moment at the end, it is called
 * FILE.thinning.xxxxxx.
 */
#ifndef MPROF_DAT_BESIDE_H
#define MPROF_DAT_BESIDE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/io.h"

struct beside {
	struct named_file target; /* the recording */
	int fd;                   /* for reading and appending; locked */
	char *name;               /* NULL: it has none */
};

/* Creates it beside the file at path, which fd refers to. -1 with e where the
 * file was renamed or removed, or none can be created. */
int beside_open(struct beside *beside, const char *path, int fd, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Replaces the recording, if it still has that name; fd stays open. -1 with e:
 * nothing was replaced. */
int beside_commit(struct beside *beside, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Closes fd; without a commit the new file is gone. Harmless if zeroed or
 * finished. */
void beside_finish(struct beside *beside) __attribute__((nonnull));

/* Removes the files that killed recorders left beside the recording at path,
 * which the caller has locked: regular ones with such a name that begin like a
 * recording, belong to this user or to the recording's, and are certainly not
 * in use. */
void beside_clean(const char *path) __attribute__((nonnull));

/* The recording's name, or path, in that of a file beside it; NULL where it is
 * another name. The caller frees. */
char *beside_recording(const char *name) __attribute__((nonnull));

/* Whether a killed recorder left the file at path: as above, with such a name,
 * and the recording is gone or certainly not being written. */
bool beside_was_left(const char *path) __attribute__((nonnull));

#endif
