// SPDX-License-Identifier: MIT
#include "dat/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "dat/reader.h"

/* memory_profiler takes any fourteen characters for the date. */
static bool is_default_name(const char *name)
{
	static const char start[] = "mprofile_";
	const char *at = name + sizeof(start) - 1;

	if (strncmp(name, start, sizeof(start) - 1) != 0)
		return false;
	for (int i = 0; i < 14; i++) {
		if (*at == 0)
			return false;
		utf8_next(&at);
	}
	return strcmp(at, ".dat") == 0;
}

static bool is_file(int folder, const char *name)
{
	struct stat about;

	return fstatat(folder, name, &about, 0) == 0 && S_ISREG(about.st_mode);
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

int catalog_init(struct catalog *catalog, const char *folder, struct err *e)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	*catalog = (struct catalog){0};
	if (!dir)
		return err_errno(e, "%s: can't be read", folder);
	while ((entry = readdir(dir))) {
		if (is_default_name(entry->d_name) &&
		    is_file(dirfd(dir), entry->d_name))
			*array_push(&catalog->names) = mem_copy(entry->d_name);
	}
	closedir(dir);
	if (catalog->names.len > 0)
		qsort(catalog->names.items, catalog->names.len,
		    sizeof(catalog->names.items[0]), compare_names);
	return 0;
}

void catalog_finish(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->names.len; i++)
		free(catalog->names.items[i]);
	array_free(&catalog->names);
}

bool catalog_number(const char *word, long *number)
{
	const char *digits = word + (*word == '-' || *word == '+');
	char *end;

	if (*digits < '0' || *digits > '9')
		return false;
	*number = strtol(word, &end, 10);
	return *end == 0;
}

const char *catalog_at(const struct catalog *catalog, long number)
{
	long count = (long)catalog->names.len;

	if (number < 0)
		number += count;
	if (number < 0 || number >= count)
		return NULL;
	return catalog->names.items[number];
}

char *catalog_companion(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	char *companion;

	if (!dot || dot == name)
		dot = name + strlen(name);
	companion = mem_format("%.*s_ts%s", (int)(dot - path), path, dot);
	if (is_file(AT_FDCWD, companion))
		return companion;
	free(companion);
	return NULL;
}

static bool is_dat_name(const char *path)
{
	size_t len = strlen(path);

	return len > 4 && strcmp(path + len - 4, ".dat") == 0;
}

static int check_content(int fd, const char *path, struct err *e)
{
	struct stat about;

	if (fstat(fd, &about) != 0)
		return err_errno(e, "%s: can't be read", path);
	if (!S_ISREG(about.st_mode))
		return err_set(e, "%s: is no regular file", path);
	if (about.st_size == 0 ? is_dat_name(path) : dat_is_recording(fd))
		return 0;
	return err_set(e, "%s: is no recording", path);
}

int catalog_check(const char *path, struct err *e)
{
	struct stat about;
	int fd, got;

	if (lstat(path, &about) != 0)
		return errno == ENOENT
			   ? err_set(e, "%s: no such recording", path)
			   : err_errno(e, "%s", path);
	if (S_ISDIR(about.st_mode))
		return err_set(e, "%s: is a folder", path);
	if (!S_ISREG(about.st_mode))
		return err_set(e, "%s: is no regular file", path);
	fd = open(
	    path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, "%s: can't be read", path);
	got = check_content(fd, path, e);
	close(fd);
	return got;
}
