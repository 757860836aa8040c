// SPDX-License-Identifier: MIT
#include "base/python_path.h"

#include <ctype.h>
#include <string.h>

/* The path after its last component of that name; NULL where there is none. */
static const char *python_path_behind(const char *path, const char *part)
{
	const char *found = NULL, *at = path;

	while ((at = strstr(at, part)) != NULL) {
		at += strlen(part);
		found = at;
	}
	return found;
}

const char *python_path_in_package(const char *path)
{
	static const char *const packages[] = {
	    "/site-packages/", "/dist-packages/"};
	const char *inside = NULL;

	for (size_t i = 0; i < 2; i++) {
		const char *found = python_path_behind(path, packages[i]);

		if (found && (!inside || found > inside))
			inside = found;
	}
	return inside;
}

const char *python_path_in_standard(const char *path)
{
	static const char *const directories[] = {
	    "/lib/python", "/lib64/python", "/lib/pypy"};

	for (size_t i = 0; i < 3; i++) {
		const char *at = python_path_behind(path, directories[i]);

		if (!at || !isdigit((unsigned char)*at))
			continue;
		at += strcspn(at, "/");
		if (*at == '/')
			return at + 1;
	}
	return NULL;
}
