// SPDX-License-Identifier: MIT
#include "input/recording_of.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "dat/reader.h"
#include "proc/procfs.h"
#include "recorder/marks.h"

/* Whether the file contains records: a recorder has no recording open but its
 * own. */
static bool recording_of_is(const char *path)
{
	struct stat about;
	bool is;
	int fd;

	if (stat(path, &about) != 0 || !S_ISREG(about.st_mode) ||
	    about.st_nlink == 0)
		return false;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	is = fd >= 0 && dat_content(fd) == DAT_CONTENT_RECORD;
	if (fd >= 0)
		close(fd);
	return is;
}

/* Searches the recorder's open files. */
static char *recording_of_recorder(pid_t recorder)
{
	char path[PATH_MAX], *found = NULL;
	const struct dirent *entry;
	DIR *dir;

	procfs_path(path, sizeof(path), recorder, "fd");
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		char target[PATH_MAX];
		ssize_t len;

		procfs_path(
		    path, sizeof(path), recorder, "fd/%s", entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = 0;
		if (target[0] == '/' && recording_of_is(path))
			found = mem_copy(target);
	}
	if (dir)
		closedir(dir);
	return found;
}

char *recording_of(pid_t pid, struct err *e)
{
	char *mark = marks_find(pid, e), *found;
	pid_t recorder = mark ? marks_recorder(mark) : 0;

	if (!mark)
		return NULL;
	found = recorder > 0 ? recording_of_recorder(recorder) : NULL;
	if (!found)
		err_set(e,
		    "pid %d: the file that it is recorded into was not "
		    "found; give that file instead",
		    (int)pid);
	free(mark);
	return found;
}

bool recording_is_path(const char *word)
{
	size_t len = strlen(word);
	struct stat about;

	return stat(word, &about) == 0 && S_ISREG(about.st_mode) &&
	       (about.st_mode & 0111) == 0 &&
	       (len < 3 || strcmp(word + len - 3, ".py") != 0);
}
