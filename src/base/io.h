/* SPDX-License-Identifier: MIT
 *
 * Writing without losing anything: whole writes, and outputs that appear
 * under their name only when they are complete.
 */
#ifndef MPROF_BASE_IO_H
#define MPROF_BASE_IO_H

#include <dirent.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/named_file.h"

/* Puts something that can be neither read nor written, and that no program
 * started from here gets, where standard streams are closed: else the next file
 * that is opened would become one of them. */
void io_guard_streams(void);

/* Writes all len bytes, over EINTR and short writes; 0, or -1 with errno. */
int io_write_all(int fd, const void *bytes, size_t len)
    __attribute__((warn_unused_result));

/* Opens a recording, a table: a regular file, or a pipe, whose writer is
 * waited for if there is one. The descriptor; -1 with e, also for folders and
 * devices. */
int io_open_input(const char *path, struct err *e)
    __attribute__((nonnull(1), warn_unused_result));

/* A file being made. A regular path is written under a temporary name in the
 * same folder and renamed by io_output_commit(); through a symbolic link the
 * file it points to is replaced, with the mode of the file that was there.
 * "-" is standard output; a device or a fifo is written straight through.
 */
struct io_output {
	FILE *stream;  /* write here; of a regular file that can be read, too */
	char *path;    /* the name that was asked for */
	char *partial; /* the temporary name; NULL for straight writing */
	struct named_file target; /* what will be replaced */
};

/* Opens a folder that is this user's, never what a link of that name leads to;
 * NULL where it is another's or can't be read. The caller closes it. */
DIR *io_open_own_folder(const char *path) __attribute__((nonnull));

/* Opens path; -1 with e where it is a folder, planted or can't be made. */
int io_output_open(struct io_output *out, const char *path, struct err *e)
    __attribute__((warn_unused_result));

/* Closes and puts the file in place; on failure (a full disk, say) -1 with e,
 * the temporary file gone and the old file as it was. */
int io_output_commit(struct io_output *out, struct err *e)
    __attribute__((warn_unused_result));

/* Gives up: the temporary file goes. Harmless after a commit. */
void io_output_discard(struct io_output *out);

#endif
