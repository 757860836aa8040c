// SPDX-License-Identifier: MIT
#include "python/agent/attached.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digits.h"

/* Reads the numbers in mprof-UID-RECORDER-WATCHED-; false for another name. */
static bool attached_parse(const char *name, uint64_t numbers[static 3])
{
	static const char prefix[] = "mprof-";

	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return false;
	name += strlen(prefix);
	for (int i = 0; i < 3; i++) {
		numbers[i] = digits_read(&name);
		if (*name++ != '-')
			return false;
	}
	return true;
}

static bool attached_is_alive(uint64_t pid)
{
	return pid > 0 && pid <= INT32_MAX &&
	       (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* Whether the name is that of a link by a recorder that watches this
 * process. */
static bool attached_is_ours(const char *name)
{
	static const char suffix[] = ATTACHED_SUFFIX;
	size_t len = strlen(name);
	uint64_t numbers[3];

	return len > strlen(suffix) &&
	       strcmp(name + len - strlen(suffix), suffix) == 0 &&
	       attached_parse(name, numbers) && numbers[0] == geteuid() &&
	       attached_is_alive(numbers[1]) &&
	       numbers[2] == (uint64_t)getpid();
}

/* Returns the link's target; NULL where there is none, or it is another user's.
 * The caller frees. */
static char *attached_read(const char *link)
{
	char target[PATH_MAX];
	struct stat about;
	ssize_t len;

	if (lstat(link, &about) != 0 || about.st_uid != geteuid())
		return NULL;
	len = readlink(link, target, sizeof(target));
	if (len <= 0 || len == sizeof(target) || target[0] != '/')
		return NULL;
	return strndup(target, (size_t)len);
}

static void attached_scan(struct attached *attached, const char *directory)
{
	DIR *stream = directory ? opendir(directory) : NULL;
	const struct dirent *entry;

	while (stream && !attached->recording && (entry = readdir(stream))) {
		if (!attached_is_ours(entry->d_name))
			continue;
		free(attached->link);
		if (asprintf(
			&attached->link, "%s/%s", directory, entry->d_name) < 0)
			attached->link = NULL;
		else
			attached->recording = attached_read(attached->link);
	}
	if (stream)
		closedir(stream);
}

bool attached_find(struct attached *attached)
{
	static int64_t due_ns;
	int64_t now_ns = clock_mono_ns();
	const char *const directories[] = {
	    getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};

	if (now_ns < due_ns)
		return false;
	due_ns = now_ns + NS_PER_S / 10;
	for (size_t i = 0; i < 3 && !attached->recording; i++)
		attached_scan(attached, directories[i]);
	return attached->recording != NULL;
}

bool attached_goes_on(struct attached *attached)
{
	char *target = attached_read(attached->link);
	bool same = target && strcmp(target, attached->recording) == 0;
	uint64_t numbers[3];

	free(target);
	if (same && attached_parse(strrchr(attached->link, '/') + 1, numbers) &&
	    attached_is_alive(numbers[1]))
		return true;
	attached_forget(attached);
	return false;
}

void attached_forget(struct attached *attached)
{
	free(attached->link);
	free(attached->recording);
	*attached = (struct attached){0};
}
