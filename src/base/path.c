// SPDX-License-Identifier: MIT
#include "base/path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void path_clean(char *path)
{
	char *to = path;

	if (*path != '/')
		return;
	for (const char *at = path; *at;) {
		if (strncmp(at, "//", 2) == 0) {
			at++;
		} else if (strncmp(at, "/./", 3) == 0) {
			at += 2;
		} else {
			*to++ = *at++;
		}
	}
	*to = 0;
}

bool path_has_ending(const char *path, const char *ending)
{
	size_t len = strlen(path), end = strlen(ending);

	return len > end && strcmp(path + len - end, ending) == 0;
}

size_t path_undeleted(const char *path)
{
	static const char ending[] = " (deleted)";

	return strlen(path) -
	       (path_has_ending(path, ending) ? sizeof(ending) - 1 : 0);
}

char *path_of_program(const char *name)
{
	const char *at = getenv("PATH");
	struct stat about;

	while (at && *at) {
		size_t len = strcspn(at, ":");
		char *file = mem_format("%.*s/%s", (int)len, at, name);

		if (len > 0 && access(file, X_OK) == 0 &&
		    stat(file, &about) == 0 && S_ISREG(about.st_mode))
			return file;
		free(file);
		at += len + (at[len] == ':');
	}
	return NULL;
}
