// SPDX-License-Identifier: MIT
#include "base/self.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#ifndef MPROF_LIBDIR
#define MPROF_LIBDIR "/usr/local/lib/mprof"
#endif

char *self_companion(const char *name, struct err *e)
{
	static const char *const folders[] = {"build", "../lib/mprof"};
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash, *path;

	self[len > 0 ? len : 0] = 0;
	slash = strrchr(self, '/');
	for (size_t i = 0; slash && i < 2; i++) {
		path = mem_format(
		    "%.*s/%s/%s", (int)(slash - self), self, folders[i], name);
		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	path = mem_format("%s/%s", MPROF_LIBDIR, name);
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	err_set(e, "%s: not found beside the program or in %s; reinstall mprof",
	    name, MPROF_LIBDIR);
	return NULL;
}
