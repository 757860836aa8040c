/* SPDX-License-Identifier: MIT
 *
 * The mappings of a process (/proc/PID/maps), one at a time and without
 * allocating. The text is the target's own doing in part (file names), so
 * nothing about it is believed beyond its shape.
 */
#ifndef MPROF_PROC_MAPS_H
#define MPROF_PROC_MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct maps_entry {
	uint64_t start, end; /* start < end */
	uint64_t offset;     /* in the file */
	uint64_t inode;      /* 0: no file */
	char access[5];      /* "rwxp" or dashes; s in place of p: shared */
	const char *path;    /* "" where there is none; good until the next */
};

struct maps {
	int fd;
	size_t used, next; /* bytes in text, and where the next line begins */
	bool ended;
	char text[8192];
};

/* Opens the maps of pid; -1 with errno. */
int maps_open(struct maps *maps, pid_t pid) __attribute__((warn_unused_result));

/* The next mapping, false at the end. Lines that have no such shape, or do
 * not fit text, are passed over. */
bool maps_next(struct maps *maps, struct maps_entry *entry);

void maps_close(struct maps *maps);

#endif
