/* SPDX-License-Identifier: MIT
 *
 * Files: what their paths name, writing without loss (complete writes, and
 * output files that get their name only when they are complete), and locks that
 * show who has one open.
 */
#ifndef MPROF_BASE_IO_H
#define MPROF_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/err.h"

/* The part after the last slash, or the whole path; points into path. */
const char *path_name(const char *path)
    __attribute__((nonnull, returns_nonnull));

/* Removes what means nothing from an absolute path, in place: /srv/./app.py
 * becomes /srv/app.py, and //srv//app.py too. Other texts stay as they are. */
void path_clean(char *path) __attribute__((nonnull));

/* Whether path ends with those characters, such as ".dat", after others. */
bool path_has_ending(const char *path, const char *ending)
    __attribute__((nonnull));

/* The length without " (deleted)", which the kernel appends to the path of a
 * mapped file without a name. */
size_t path_undeleted(const char *path) __attribute__((nonnull));

/* The length of /proc/PID/root in the path of a file that a process with
 * another root has mapped, such as /proc/12/root/usr/lib/x.so, and its PID; 0:
 * another path. */
size_t path_root_len(const char *path, int *pid) __attribute__((nonnull));

/* The first executable file of that name in the directories of PATH; NULL where
 * there is none. Empty entries of PATH are skipped. The caller frees. */
char *path_of_program(const char *name)
    __attribute__((nonnull, malloc, warn_unused_result));

/* The file that a path names, resolved once. Another process that may write the
 * directory can change the name between two look-ups, so everything that
 * follows (is it a link? who owns it? open it, replace it) uses descriptors. */
struct named_file {
	int directory; /* O_PATH descriptor of the directory that contains the
		       name */
	char *name;    /* name in it; no link when it was looked up */
	int object;    /* O_PATH descriptor of the object with that name; -1:
			  none */
	struct stat about; /* status of the object; all 0 where there is none */
	bool is_open_file; /* a link of /proc stood for it, such as /dev/stdout:
			      the name is not to be replaced */
	int descriptor; /* this process's own that the link stood for; -1: none
			 */
};

/* Empty; may be finished. */
#define NAMED_FILE_NONE \
	((struct named_file){.directory = -1, .object = -1, .descriptor = -1})

/* Looks the path up and follows symbolic links. -1 with e where the directory
 * can't be searched, links form a loop, or another user put the name (or a link
 * on the way) into a directory that everyone may write, such as /tmp: output
 * would belong to, or go where, that user wants. The rule is that of
 * fs.protected_symlinks, see proc_sys_fs(5). The caller finishes in any
 * case. */
int named_file_init(struct named_file *file, const char *path, struct err *e)
    __attribute__((nonnull(1, 2), warn_unused_result));
void named_file_finish(struct named_file *file) __attribute__((nonnull));

bool named_file_exists(const struct named_file *file) __attribute__((nonnull));

/* Whether that is the object's status. */
bool named_file_is(const struct named_file *file, const struct stat *about)
    __attribute__((nonnull));

/* Whether it exists, and is written as it is and never replaced: a device, a
 * FIFO, a socket, or any open file behind a link of /proc. */
bool named_file_is_stream(const struct named_file *file)
    __attribute__((nonnull));
bool path_is_stream(const char *path) __attribute__((nonnull));

/* Copies this process's own descriptor; -1 with errno, also where nothing can
 * be written to it. */
int named_file_copy(const struct named_file *file)
    __attribute__((nonnull, warn_unused_result));

/* Opens the object for reading or writing, with open()'s flags (O_CREAT and
 * O_EXCL excepted); -1 with errno. */
int named_file_reopen(const struct named_file *file, int flags)
    __attribute__((nonnull, warn_unused_result));

/* Digits of a random name, hexadecimal ones in lower case. */
enum { NAMED_FILE_DIGITS = 6 };

/* Returns a name for a new file beside it: its own, word, and random digits.
 * The caller frees. */
char *named_file_random_name(const struct named_file *file, const char *word)
    __attribute__((nonnull, returns_nonnull));

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
 * its target is replaced, and the mode is kept. "-" is standard output. A
 * device, a FIFO, and an open file by a name such as /dev/stdout or /dev/fd/3
 * are written directly; a descriptor of this process where others left off. */
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

/* Drops this open file's lock, which would stay until its last descriptor is
 * closed. */
void file_lock_drop(int fd);

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
