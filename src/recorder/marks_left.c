// SPDX-License-Identifier: MIT
#include "recorder/marks_left.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file_lock.h"
#include "base/mem.h"
#include "recorder/marks.h"

/* A program waits for its start meanwhile: a few milliseconds at most. */
enum { ENTRIES_MAX = 10000, OPENED_MAX = 500 };

/* A recorder that has made a file locks it and renames it at once. */
enum { UNNAMED_S = 3600 };

struct left_folder {
	const char *path;
	int fd;
	char named[64], unnamed[64]; /* patterns */
	int opened;
};

static bool left_is_named(const struct left_folder *folder, const char *name)
{
	return fnmatch(folder->named, name, 0) == 0;
}

/* Whether the name is that of the very file that is open, and it is ours. */
static bool left_is_ours(
    const struct left_folder *folder, const char *name, int fd)
{
	struct stat opened, named;

	return fstat(fd, &opened) == 0 && S_ISREG(opened.st_mode) &&
	       opened.st_uid == geteuid() && opened.st_nlink == 1 &&
	       fstatat(folder->fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

static void left_remove(const struct left_folder *folder, const char *name,
    void (*remove_beside)(const char *))
{
	char *path = mem_format("%s/%s", folder->path, name);

	if (left_is_named(folder, name))
		remove_beside(path);
	unlinkat(folder->fd, name, 0);
	free(path);
}

static void left_look(struct left_folder *folder, const char *name,
    void (*remove_beside)(const char *))
{
	int fd = openat(folder->fd, name,
	    O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return;
	folder->opened++;
	if (left_is_ours(folder, name, fd) &&
	    file_lock_take(fd) == FILE_LOCK_TAKEN)
		left_remove(folder, name, remove_beside);
	close(fd);
}

static bool left_may_be(const struct left_folder *folder, const char *name)
{
	bool named = left_is_named(folder, name);
	struct stat about;

	if (!named && fnmatch(folder->unnamed, name, 0) != 0)
		return false;
	if (fstatat(folder->fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(about.st_mode) || about.st_uid != geteuid())
		return false;
	return named || about.st_mtime < time(NULL) - UNNAMED_S;
}

void marks_left_remove(const char *folder, void (*remove_beside)(const char *))
{
	DIR *dir = opendir(folder);
	struct left_folder left = {.path = folder};
	const struct dirent *entry;

	if (!dir)
		return;
	left.fd = dirfd(dir);
	snprintf(left.named, sizeof(left.named), "mprof-%u-*" MARKS_SUFFIX,
	    (unsigned)geteuid());
	snprintf(left.unnamed, sizeof(left.unnamed), "mprof-%u-*" MARKS_UNNAMED,
	    (unsigned)geteuid());
	for (int i = 0; i < ENTRIES_MAX && left.opened < OPENED_MAX &&
			(entry = readdir(dir)) != NULL;
	     i++) {
		if (left_may_be(&left, entry->d_name))
			left_look(&left, entry->d_name, remove_beside);
	}
	closedir(dir);
}
