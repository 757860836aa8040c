/* SPDX-License-Identifier: MIT
 *
 * Writing without loss: complete writes, output files that get their name only
 * when they are complete, and locks that show who has a file open.
 */
#ifndef MPROF_BASE_IO_H
#define MPROF_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/path.h"

/* Opens descriptors that can be neither read nor written, and are closed on
 * exec, in place of closed standard streams: otherwise the next opened file
 * would become one of these. */
void io_guard_streams(void);

/* Points the standard streams at /dev/null; where it can't be opened, they stay
 * as they are. */
void io_silence_streams(void);

/* Writes all len bytes, repeating after EINTR and short writes; 0, or -1 with
 * errno. */
int io_write_all(int fd, const void *bytes, size_t len)
    __attribute__((warn_unused_result));

/* Opens a recording or table: a regular file, or a pipe, waiting for its writer
 * if there is one. Returns the descriptor; -1 with e, also for directories and
 * devices. */
int io_open_input(const char *path, struct err *e)
    __attribute__((nonnull(1), warn_unused_result));

/* A file being written. A regular file is written under a temporary name in the
 * same directory and renamed by io_output_commit(); through a symbolic link,
 * its target is replaced, and the mode is kept. "-" is standard output; a
 * device or a FIFO is written directly. */
struct io_output {
	FILE *stream;  /* write here; of a regular file that is readable, too */
	char *path;    /* the requested name */
	char *partial; /* temporary name; NULL: written directly */
	struct named_file target; /* what will be replaced */
};

/* Whether the file with that name is removed. */
typedef bool io_is_removed(const char *name);

/* Removes a directory of this user and those of its files; a link, another
 * user's directory and one that has other files stay. */
void io_remove_own_directory(const char *path, io_is_removed *is_removed)
    __attribute__((nonnull));

/* Opens path; -1 with e where it is a directory, was planted or can't be
 * created. */
int io_output_open(struct io_output *out, const char *path, struct err *e)
    __attribute__((warn_unused_result));

/* Closes and renames the file; on failure (a full disk, say) -1 with e: the
 * temporary file is removed and the old file unchanged. */
int io_output_commit(struct io_output *out, struct err *e)
    __attribute__((warn_unused_result));

/* Removes the temporary file. Harmless after a commit. */
void io_output_discard(struct io_output *out);

/* A lock on a whole file, which shows others that the process writing it
 * exists. A recording is locked while it is written: two recorders that append
 * to one file would mix their samples, and a reader can tell that a run without
 * an end still goes on. The lock belongs to the open file: it goes with the
 * process however that ends, and programs that it starts don't have it, as
 * their descriptors are closed on exec. */
enum file_lock {
	FILE_LOCK_TAKEN, /* by this call */
	FILE_LOCK_HELD,  /* by another open file */
	FILE_LOCK_NONE   /* the file system has no locks */
};

/* Takes the lock of a file that is open for writing. */
enum file_lock file_lock_take(int fd) __attribute__((warn_unused_result));

/* Whether another open file holds the lock; whether it is known that none does.
 * Both are false where the file system has no locks. Takes no lock. */
bool file_lock_is_held(int fd);
bool file_lock_is_free(int fd);

/* Whether anybody has the file, which is open here for reading alone, open for
 * writing, or maps it so (MAP_SHARED) without a descriptor: 1 or 0; -1 where
 * that is not known. */
int file_lock_has_writer(int fd);

/* Whether file_lock_has_writer() finds mappings of files in this directory. A
 * file system over another one keeps them with the file below. */
bool file_lock_finds_mappings(int directory);

#endif
