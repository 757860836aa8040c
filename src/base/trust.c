// SPDX-License-Identifier: MIT
#include "base/trust.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static int trust_check_part(const char *path, uid_t owner, struct err *e)
{
	struct stat about;
	bool open_to_all;

	if (lstat(path, &about) != 0)
		return err_errno(e, "%s: can't be checked", path);
	open_to_all = (about.st_mode & S_IWOTH) && !S_ISLNK(about.st_mode) &&
		      !(about.st_mode & S_ISVTX);
	if (open_to_all)
		return err_set(e,
		    "%s: everyone may write it, so nothing is loaded from "
		    "there; chmod o-w it, or install mprof",
		    path);
	if (about.st_uid == 0 || about.st_uid == geteuid() ||
	    about.st_uid == owner)
		return 0;
	return err_set(e,
	    "%s: belongs to another user (uid %u), so nothing is loaded from "
	    "there; chown it, or install mprof",
	    path, (unsigned)about.st_uid);
}

int trust_check(const char *path, uid_t owner, struct err *e)
{
	char *part = mem_copy(path);
	char *slash;
	int failed = trust_check_part(part, owner, e);

	while (failed == 0 && (slash = strrchr(part, '/'))) {
		*slash = 0;
		failed = trust_check_part(*part ? part : "/", owner, e);
	}
	free(part);
	return failed;
}
