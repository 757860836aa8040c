// SPDX-License-Identifier: MIT
#include "dat/catalog.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/utf8.h"
#include "dat/begin.h"
#include "dat/beside.h"
#include "dat/reader.h"

/* Nobody reads more names. */
enum { MOST_OTHERS = 1000 };

/* memory_profiler accepts any fourteen characters as the date. */
bool catalog_is_default_name(const char *name)
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

/* A directory that opendir() opened always has a descriptor. */
static int catalog_fd(DIR *dir)
{
	int fd = dirfd(dir);

	assert(fd >= 0);
	return fd;
}

/* 1 for a regular file or a link to one, 0 for anything else or where it is
 * gone, -1 with errno where that can't be found out. */
static int catalog_is_file(int directory, const char *name)
{
	struct stat about;

	if (fstatat(directory, name, &about, 0) == 0)
		return S_ISREG(about.st_mode);
	return errno == ENOENT || errno == ELOOP ? 0 : -1;
}

static int catalog_compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Whether the file belongs to a recording beside it: X_ts.dat to X.dat, and
 * what thinning writes, or has left. */
static bool catalog_is_companion(int directory, const char *name)
{
	static const char ending[] = "_ts.dat";
	char *owner = beside_recording(name);
	bool there;

	if (!owner && path_has_ending(name, ending))
		owner = mem_format(
		    "%.*s.dat", (int)(strlen(name) - strlen(ending)), name);
	there = owner && faccessat(directory, owner, F_OK, 0) == 0;
	free(owner);
	return there;
}

/* Whether the file begins like a recording, whatever its name. */
static bool catalog_holds(int directory, const char *name)
{
	int fd;
	bool recording;

	if (catalog_is_file(directory, name) != 1 ||
	    catalog_is_companion(directory, name))
		return false;
	fd = openat(
	    directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	recording = fd >= 0 && dat_content(fd) == DAT_CONTENT_RECORD;
	if (fd >= 0)
		close(fd);
	return recording;
}

static int catalog_read_others(
    struct catalog *catalog, DIR *dir, const char *directory, struct err *e)
{
	struct dirent *entry;

	while (errno = 0, (entry = readdir(dir))) {
		if (!catalog_is_default_name(entry->d_name) &&
		    path_has_ending(entry->d_name, ".dat") &&
		    catalog_holds(catalog_fd(dir), entry->d_name))
			*array_push(&catalog->names) = mem_copy(entry->d_name);
		if (catalog->names.len == MOST_OTHERS)
			return 0;
	}
	return errno == 0 ? 0 : err_errno(e, "%s: can't be read", directory);
}

/* Lists the directory; -1 with e. */
static int catalog_read(
    struct catalog *catalog, DIR *dir, const char *directory, struct err *e)
{
	struct dirent *entry;
	int file;

	/* Only errno tells readdir()'s end from a failure. */
	while (errno = 0, (entry = readdir(dir))) {
		if (!catalog_is_default_name(entry->d_name))
			continue;
		file = entry->d_type == DT_REG
			   ? 1
			   : catalog_is_file(catalog_fd(dir), entry->d_name);
		if (file < 0)
			return err_errno(
			    e, "%s: can't be examined", entry->d_name);
		if (file)
			*array_push(&catalog->names) = mem_copy(entry->d_name);
		else
			*array_push(&catalog->others) = mem_copy(entry->d_name);
	}
	return errno == 0 ? 0 : err_errno(e, "%s: can't be read", directory);
}

static int catalog_read_all(
    struct catalog *catalog, DIR *dir, const char *directory, struct err *e)
{
	struct dirent *entry;

	while (errno = 0, (entry = readdir(dir))) {
		if (catalog_holds(catalog_fd(dir), entry->d_name))
			*array_push(&catalog->names) = mem_copy(entry->d_name);
	}
	return errno == 0 ? 0 : err_errno(e, "%s: can't be read", directory);
}

typedef int catalog_reader(
    struct catalog *catalog, DIR *dir, const char *directory, struct err *e);

static int catalog_fill(struct catalog *catalog, catalog_reader *read,
    const char *directory, struct err *e)
{
	DIR *dir = opendir(directory);
	int failed;

	*catalog = (struct catalog){0};
	if (!dir)
		return err_errno(e, "%s: can't be read", directory);
	failed = read(catalog, dir, directory, e);
	closedir(dir);
	if (catalog->names.len > 0)
		qsort(catalog->names.items, catalog->names.len,
		    sizeof(catalog->names.items[0]), catalog_compare_names);
	if (catalog->others.len > 0)
		qsort(catalog->others.items, catalog->others.len,
		    sizeof(catalog->others.items[0]), catalog_compare_names);
	return failed;
}

int catalog_init(struct catalog *catalog, const char *directory, struct err *e)
{
	return catalog_fill(catalog, catalog_read, directory, e);
}

int catalog_init_others(
    struct catalog *catalog, const char *directory, struct err *e)
{
	return catalog_fill(catalog, catalog_read_others, directory, e);
}

int catalog_init_all(
    struct catalog *catalog, const char *directory, struct err *e)
{
	return catalog_fill(catalog, catalog_read_all, directory, e);
}

void catalog_finish(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->names.len; i++)
		free(catalog->names.items[i]);
	for (size_t i = 0; i < catalog->others.len; i++)
		free(catalog->others.items[i]);
	array_free(&catalog->names);
	array_free(&catalog->others);
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

long catalog_find(const struct catalog *catalog, const char *name)
{
	char **found = NULL;

	if (catalog->names.len > 0)
		found = bsearch(&name, catalog->names.items, catalog->names.len,
		    sizeof(name), catalog_compare_names);
	return found ? (long)(found - catalog->names.items) : -1;
}

/* Reports that path is no recording, but something else. */
static int catalog_refuse(struct err *e, const char *path, const char *what)
{
	err_set(e, "%s: %s", path, what);
	return 1;
}

static int catalog_check_content(int fd, const char *path, struct err *e)
{
	enum dat_content content = DAT_CONTENT_OTHER;
	struct stat about;

	if (fstat(fd, &about) != 0)
		return err_errno(e, "%s: can't be read", path);
	if (!S_ISREG(about.st_mode))
		return catalog_refuse(e, path, "is not a regular file");
	if (about.st_size > 0)
		content = dat_content(fd);
	else if (path_has_ending(path, ".dat"))
		content = DAT_CONTENT_RECORD;
	if (content == DAT_CONTENT_UNREADABLE)
		return err_errno(e, "%s: can't be read", path);
	return content == DAT_CONTENT_RECORD
		   ? 0
		   : catalog_refuse(e, path, "is not a recording");
}

int catalog_check(const char *path, struct err *e)
{
	struct stat about;
	int fd, got;

	if (lstat(path, &about) != 0)
		return errno == ENOENT
			   ? catalog_refuse(e, path, "no such recording")
			   : err_errno(e, "%s: can't be examined", path);
	if (S_ISDIR(about.st_mode))
		return catalog_refuse(e, path, "is a directory");
	if (!S_ISREG(about.st_mode))
		return catalog_refuse(e, path, "is not a regular file");
	fd = open(
	    path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, "%s: can't be read", path);
	got = file_lock_is_held(fd)
		  ? catalog_refuse(e, path, "is being recorded")
		  : catalog_check_content(fd, path, e);
	close(fd);
	return got;
}

/* Files with other names that are opened, at most. */
enum { MOST_ASKED = 1000 };

struct newest_file {
	char *name;
	bool named; /* has a recording's name: .dat */
	double changed_s;
};

/* The search for the recording that began last. A recording is written after it
 * began, so files are read in order of their last change, newest first, until
 * all others were changed before the best one began. */
struct newest {
	int directory;
	ARRAY(struct newest_file) files;
	const char *best;
	double began_s, bound_s;
};

static void catalog_add_file(struct newest *newest, const char *name)
{
	struct stat about;

	if (fstatat(newest->directory, name, &about, 0) != 0 ||
	    !S_ISREG(about.st_mode) || about.st_size == 0)
		return;
	*array_push(&newest->files) = (struct newest_file){mem_copy(name),
	    path_has_ending(name, ".dat"),
	    (double)about.st_mtim.tv_sec + (double)about.st_mtim.tv_nsec / 1e9};
}

/* Sorts by: a recording's name, last change, name. */
static int catalog_compare_files(const void *left, const void *right)
{
	const struct newest_file *a = left, *b = right;

	if (a->named != b->named)
		return a->named ? -1 : 1;
	if (a->changed_s != b->changed_s)
		return a->changed_s > b->changed_s ? -1 : 1;
	return strcmp(b->name, a->name);
}

/* Among runs that began at the same time, a default name is preferred, then the
 * later name. */
static bool catalog_is_later(const char *name, const char *than)
{
	static const char start[] = "mprofile_";
	bool first = strncmp(name, start, sizeof(start) - 1) == 0;
	bool second = strncmp(than, start, sizeof(start) - 1) == 0;

	return first != second ? first : strcmp(name, than) > 0;
}

static bool catalog_is_better(const struct newest *newest,
    const struct newest_file *file, const struct dat_begin *begin)
{
	if (newest->best &&
	    (begin->last_s < newest->began_s ||
		(begin->last_s == newest->began_s &&
		    !catalog_is_later(file->name, newest->best))))
		return false;
	return !catalog_is_companion(newest->directory, file->name);
}

static void catalog_try(struct newest *newest, const struct newest_file *file)
{
	int fd = openat(newest->directory, file->name,
	    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct dat_begin begin;

	if (fd < 0)
		return;
	if (dat_begin_read(&begin, fd) &&
	    catalog_is_better(newest, file, &begin)) {
		newest->began_s = begin.last_s;
		newest->best = file->name;
		/* A file last changed before this run began contains no later
		 * one; an impossible time proves nothing. */
		newest->bound_s =
		    begin.last_s <= file->changed_s + 1 ? begin.last_s : -1;
	}
	close(fd);
}

static void catalog_search_newest(struct newest *newest)
{
	size_t others = 0;

	for (size_t i = 0; i < newest->files.len; i++) {
		const struct newest_file *file = &newest->files.items[i];

		/* File systems may round times to a second. */
		if (file->changed_s + 1 < newest->bound_s)
			continue;
		if (!file->named && others++ >= MOST_ASKED)
			break;
		catalog_try(newest, file);
	}
}

char *catalog_newest(const char *directory, struct err *e)
{
	struct newest newest = {.began_s = -1, .bound_s = -1};
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char *best;

	e->text[0] = 0;
	if (!dir) {
		err_errno(e, "%s: can't be read", directory);
		return NULL;
	}
	newest.directory = catalog_fd(dir);
	while (errno = 0, (entry = readdir(dir)))
		catalog_add_file(&newest, entry->d_name);
	if (errno)
		err_errno(e, "%s: can't be read", directory);
	if (newest.files.len > 0)
		qsort(newest.files.items, newest.files.len,
		    sizeof(newest.files.items[0]), catalog_compare_files);
	catalog_search_newest(&newest);
	best = newest.best ? mem_copy(newest.best) : NULL;
	for (size_t i = 0; i < newest.files.len; i++)
		free(newest.files.items[i].name);
	array_free(&newest.files);
	closedir(dir);
	return best;
}
