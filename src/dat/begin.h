/* SPDX-License-Identifier: MIT
 *
 * Facts from the beginning and the end of a recording: its command line, and
 * when its runs began. Only a small part of a long file is read.
 */
#ifndef MPROF_DAT_BEGIN_H
#define MPROF_DAT_BEGIN_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the command line of the file's first run to out (size bytes), as
 * utf8_clean() makes it; empty where the first 64 KiB hold none or the file
 * can't be read. */
void dat_command_line(const char *path, char *out, size_t size)
    __attribute__((nonnull));

enum { DAT_BEGIN_TEXT = 32 };

struct dat_begin {
	double last_s; /* start of the last run, since 1970; of an earlier run
			  where the last one is longer than a few MiB */
	char start[DAT_BEGIN_TEXT]; /* start of the first run by its INFO,
				       2026-11-22T14:33:21+0100; may be empty */
};

/* Reads a regular file. False where it is no recording, or contains no time. */
bool dat_begin_read(struct dat_begin *begin, int fd) __attribute__((nonnull));

/* Reads only the first run, which is then also taken for the last one. */
bool dat_begin_first(struct dat_begin *begin, int fd) __attribute__((nonnull));

#endif
