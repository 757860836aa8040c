// SPDX-License-Identifier: MIT
#include "proc/namespace.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIELD "\nNSpid:"

/* The last number of the field: the innermost namespace's. Kernels before 4.1
 * have no such field. */
static pid_t last_of_field(const char *path)
{
	char text[4096], *at, *end;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	pid_t id = 0;
	ssize_t len;

	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	at = strstr(text, FIELD);
	if (!at)
		return 0;
	at += strlen(FIELD);
	for (;;) {
		long number = strtol(at, &end, 10);

		if (end == at)
			return id;
		id = (pid_t)number;
		at = end;
		if (*at == '\n')
			return id;
	}
}

bool namespace_has_proc(void)
{
	char text[32];
	ssize_t len = readlink("/proc/self", text, sizeof(text) - 1);

	if (len <= 0)
		return false;
	text[len] = '\0';
	return atoi(text) == getpid();
}

pid_t namespace_inner_pid(pid_t pid)
{
	char path[40];
	pid_t inner;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	inner = last_of_field(path);
	return inner > 0 ? inner : pid;
}

pid_t namespace_outer_tid(pid_t pid, pid_t inner)
{
	char path[64];
	struct dirent *entry;
	pid_t found = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	folder = opendir(path);
	if (!folder)
		return 0;
	while (!found && (entry = readdir(folder))) {
		int tid = atoi(entry->d_name);

		if (tid <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%d/status",
		    (int)pid, tid);
		if (last_of_field(path) == inner)
			found = tid;
	}
	closedir(folder);
	return found;
}
