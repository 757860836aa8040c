// SPDX-License-Identifier: MIT
#include "proc/filters.h"

#include <fcntl.h>

#include "base/filters.h"
#include "proc/procfs.h"

static int filters_at(const char *path)
{
	char text[4096];

	return procfs_read_at(AT_FDCWD, path, text, sizeof(text)) > 0
		   ? filters_in(text)
		   : 0;
}

int filters_own(void)
{
	return filters_at("/proc/self/status");
}

bool filters_are_more(pid_t pid)
{
	char path[64];

	procfs_path(path, sizeof(path), pid, "status");
	return filters_at(path) > filters_own();
}
