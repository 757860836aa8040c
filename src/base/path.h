/* SPDX-License-Identifier: MIT
 *
 * The parts of a file's path, the search for a program, and the file that a
 * path names.
 */
#ifndef MPROF_BASE_PATH_H
#define MPROF_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
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
};

/* Empty; may be finished. */
#define NAMED_FILE_NONE ((struct named_file){.directory = -1, .object = -1})

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

#endif
