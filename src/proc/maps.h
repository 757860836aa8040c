/* SPDX-License-Identifier: MIT
 *
 * The mappings of a process (/proc/PID/maps, or smaps with figures), one at a
 * time and without allocating. The target determines part of the text (file
 * names), so only its form is trusted.
 */
#ifndef MPROF_PROC_MAPS_H
#define MPROF_PROC_MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct maps_entry {
	uint64_t start, end; /* start < end */
	uint64_t offset;     /* offset in the file */
	uint64_t device;     /* device of the file: major << 32 | minor */
	uint64_t inode;      /* 0: no file */
	char access[5];      /* "rwxp" or dashes; s in place of p: shared */
	const char *path;    /* "" where there is none; valid until the next */
};

/* The memory of one mapping in smaps. */
struct maps_usage {
	uint64_t device, inode;
	int64_t rss_kib, pss_kib;
};

struct maps {
	int fd;
	size_t used, next; /* bytes in text; start of the next line */
	bool ended;
	int error; /* errno of a failed read; 0 */
	char text[8192];
};

/* Opens the maps of pid; -1 with errno. */
int maps_open(struct maps *maps, pid_t pid) __attribute__((warn_unused_result));

/* Reads from fd, an open maps or smaps; maps_close() closes it. */
void maps_init(struct maps *maps, int fd);

/* The next mapping; false at the end, or where a read fails: error is set then,
 * and mappings are missing. Skips lines of another form or too long for
 * text. */
bool maps_next(struct maps *maps, struct maps_entry *entry);

/* The next mapping of smaps with its figures; false at the end. */
bool maps_next_usage(struct maps *maps, struct maps_usage *usage);

void maps_close(struct maps *maps);

/* 1 where pid maps a file of that name in any directory; 0 where it doesn't; -1
 * where that can't be found out. */
int maps_has_file(pid_t pid, const char *name) __attribute__((nonnull));

/* Whether pid has memory of its library of that file name, such as libx.so,
 * that is cleared in forked children (MADV_WIPEONFORK). False where that can't
 * be found out. Where the library is mapped it reads smaps, which takes long in
 * a large process, and allocates. */
bool maps_library_wipes(pid_t pid, const char *library)
    __attribute__((nonnull));

#endif
