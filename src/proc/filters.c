// SPDX-License-Identifier: MIT
#include "proc/filters.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/filters.h"
#include "proc/procfs.h"

static int filters_at(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int count;

	if (fd < 0)
		return 0;
	count = filters_read(fd);
	close(fd);
	return count;
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
