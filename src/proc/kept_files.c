// SPDX-License-Identifier: MIT
#include "proc/kept_files.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "proc/procfs.h"

enum { FILES_MAX = 128 };

/* Those of the system are left out: there may be hundreds in a process, and
 * they stay. /proc/PID/root is no path to them, either. */
static bool kept_files_wants(const char *path)
{
	static const char *const others[] = {
	    "/usr/", "/lib", "/bin/", "/sbin/", "/proc/", "/tmp/perf-"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strncmp(path, others[i], strlen(others[i])) == 0)
			return false;
	return *path == '/';
}

/* The mount that an open file is on; -1 where that is unknown. */
static int kept_files_mount(int fd)
{
	static const char field[] = "\nmnt_id:";
	char path[64], text[1024];
	const char *line;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (procfs_read_at(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return -1;
	line = strstr(text, field);
	return line ? atoi(line + strlen(field)) : -1;
}

static bool kept_files_is_mount(const char *directory, int mount)
{
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool is_it = fd >= 0 && kept_files_mount(fd) == mount;

	if (fd >= 0)
		close(fd);
	return is_it;
}

/* Whether the file is on a mount that this process has in use anyway. Another
 * one can't be unmounted while a file on it is open, as a script may do that
 * mounts it, runs a program on it and unmounts it. */
static bool kept_files_may_stay(int fd)
{
	const char *temporary = getenv("TMPDIR");
	int mount = kept_files_mount(fd);

	return mount >= 0 &&
	       (kept_files_is_mount(".", mount) ||
		   kept_files_is_mount("/", mount) ||
		   kept_files_is_mount(
		       temporary && *temporary ? temporary : "/tmp", mount));
}

static const struct kept_file *kept_files_noted(
    const struct kept_files *kept, const char *path)
{
	for (size_t i = kept->files.len; i-- > 0;)
		if (strcmp(kept->files.items[i].path, path) == 0)
			return &kept->files.items[i];
	return NULL;
}

bool kept_files_has_room(int fd)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	       (rlim_t)fd < limit.rlim_cur / 2;
}

void kept_files_note(struct kept_files *kept, const char *path)
{
	struct kept_file file = {.fd = -1};
	struct stat about;

	if (!kept_files_wants(path) || kept->files.len == FILES_MAX ||
	    kept_files_noted(kept, path))
		return;
	file.path = mem_copy(path);
	file.fd = open(path, O_PATH | O_CLOEXEC);
	if (file.fd >= 0 &&
	    (fstat(file.fd, &about) != 0 || !S_ISREG(about.st_mode) ||
		!kept_files_has_room(file.fd) ||
		!kept_files_may_stay(file.fd))) {
		close(file.fd);
		file.fd = -1;
	}
	if (file.fd >= 0)
		file.changed = about.st_ctim;
	*array_push(&kept->files) = file;
}

const struct kept_file *kept_files_find(
    const struct kept_files *kept, const char *path)
{
	const struct kept_file *file = kept_files_noted(kept, path);

	return file && file->fd >= 0 ? file : NULL;
}

void kept_files_finish(struct kept_files *kept)
{
	for (size_t i = 0; i < kept->files.len; i++) {
		if (kept->files.items[i].fd >= 0)
			close(kept->files.items[i].fd);
		free(kept->files.items[i].path);
	}
	array_free(&kept->files);
}
