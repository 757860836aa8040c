// SPDX-License-Identifier: MIT
#include "recorder/table_events.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>

static int table_events_watch(int directory)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", directory);
	if (fd >= 0 && inotify_add_watch(fd, path,
			   IN_CREATE | IN_CLOSE_WRITE | IN_ONLYDIR) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A mapped file, already closed; MAP_FAILED where there can be none. */
static void *table_events_map(int directory, const char *name)
{
	void *map = MAP_FAILED;
	int fd = openat(directory, name,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return MAP_FAILED;
	if (ftruncate(fd, 1) == 0)
		map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return map;
}

static bool table_events_next_is(struct table_events *events, int what)
{
	struct table_event event;

	return table_events_next(events, &event) && (int)event.what == what;
}

/* On some file systems, as overlayfs, a file counts as closed although it is
 * mapped. */
static bool table_events_see_mappings(
    struct table_events *events, int directory)
{
	static const char name[] = "try";
	struct table_event event;
	void *map = table_events_map(directory, name);
	bool sees = map != MAP_FAILED &&
		    table_events_next_is(events, TABLE_CREATED) &&
		    !table_events_next(events, &event);

	if (map != MAP_FAILED)
		munmap(map, 1);
	sees = sees && table_events_next_is(events, TABLE_UNMAPPED);
	unlinkat(directory, name, 0);
	return sees;
}

void table_events_begin(struct table_events *events, int directory)
{
	*events = (struct table_events){.fd = table_events_watch(directory)};
	if (events->fd >= 0 && !table_events_see_mappings(events, directory))
		table_events_end(events);
}

void table_events_end(struct table_events *events)
{
	if (events->fd >= 0)
		close(events->fd);
	events->fd = -1;
}

/* Reads more events. False where there are none. */
static bool table_events_read(struct table_events *events)
{
	ssize_t len;

	if (events->fd < 0)
		return false;
	len = read(events->fd, events->bytes, sizeof(events->bytes));
	events->at = 0;
	events->len = len > 0 ? (size_t)len : 0;
	return len > 0;
}

bool table_events_next(struct table_events *events, struct table_event *event)
{
	struct inotify_event head;
	const char *name;

	if (events->at >= events->len && !table_events_read(events))
		return false;
	memcpy(&head, events->bytes + events->at, sizeof(head));
	name = events->bytes + events->at + sizeof(head);
	events->at += sizeof(head) + head.len;
	event->name = head.len > 0 ? name : "";
	event->what = head.mask & IN_CREATE        ? TABLE_CREATED
		      : head.mask & IN_CLOSE_WRITE ? TABLE_UNMAPPED
						   : TABLE_EVENTS_LOST;
	return true;
}
