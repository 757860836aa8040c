// SPDX-License-Identifier: MIT
#include "proc/kept_files.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

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

static const struct kept_file *kept_files_noted(
    const struct kept_files *kept, const char *path)
{
	for (size_t i = kept->files.len; i-- > 0;)
		if (strcmp(kept->files.items[i].path, path) == 0)
			return &kept->files.items[i];
	return NULL;
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
	    (fstat(file.fd, &about) != 0 || !S_ISREG(about.st_mode))) {
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
