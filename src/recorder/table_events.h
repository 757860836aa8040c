/* SPDX-License-Identifier: MIT
 *
 * The order in which the tables of sampled allocations in a directory are
 * created and unmapped. A table is unmapped when the last process that has
 * mapped it ends, or executes another program. The kernel tells both in one
 * queue (inotify(7): IN_CREATE, and IN_CLOSE_WRITE once a file's last mapping
 * is gone), in the order in which they happened.
 */
#ifndef MPROF_RECORDER_TABLE_EVENTS_H
#define MPROF_RECORDER_TABLE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

enum { TABLE_EVENTS_BYTES = 4096 };

struct table_events {
	int fd; /* -1: this directory's events aren't known */
	size_t at, len;
	_Alignas(8) char bytes[TABLE_EVENTS_BYTES];
};

struct table_event {
	/* LOST: some events are missing. */
	enum { TABLE_CREATED, TABLE_UNMAPPED, TABLE_EVENTS_LOST } what;
	const char *name; /* the file's, until the next call */
};

/* Watches the directory. Where that can't be done, or where its file system
 * doesn't tell when a mapping is gone, there are never any events. */
void table_events_begin(struct table_events *events, int directory)
    __attribute__((nonnull));
void table_events_end(struct table_events *events) __attribute__((nonnull));

/* Sets the next event. False where there is none now. */
bool table_events_next(struct table_events *events, struct table_event *event)
    __attribute__((nonnull));

#endif
