// SPDX-License-Identifier: MIT
//
// A recording is written to after it began: files are asked in the order of
// their last change, the newest first, and the search ends where all that is
// left was last changed before the best one began.
#include "dat/newest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/mem.h"
#include "dat/begin.h"
#include "dat/catalog.h"

/* How many files without a recording's name are opened at most. */
enum { MOST_OTHERS = 1000 };

struct newest_file {
	char *name;
	bool named; /* as a recording: .dat */
	double changed_s;
};

struct newest {
	int folder;
	ARRAY(struct newest_file) files;
	const char *best;
	double began_s, bound_s;
};

static bool has_name(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".dat") == 0;
}

static void add_file(struct newest *newest, const char *name)
{
	struct stat about;

	if (fstatat(newest->folder, name, &about, 0) != 0 ||
	    !S_ISREG(about.st_mode) || about.st_size == 0)
		return;
	*array_push(&newest->files) = (struct newest_file){mem_copy(name),
	    has_name(name),
	    (double)about.st_mtim.tv_sec + (double)about.st_mtim.tv_nsec / 1e9};
}

/* Sorts by: a recording's name, the last change, the name. */
static int compare_files(const void *left, const void *right)
{
	const struct newest_file *a = left, *b = right;

	if (a->named != b->named)
		return a->named ? -1 : 1;
	if (a->changed_s != b->changed_s)
		return a->changed_s > b->changed_s ? -1 : 1;
	return strcmp(b->name, a->name);
}

/* Among runs that began at once a default name wins, then the later name. */
static bool is_later_name(const char *name, const char *than)
{
	static const char start[] = "mprofile_";
	bool first = strncmp(name, start, sizeof(start) - 1) == 0;
	bool second = strncmp(than, start, sizeof(start) - 1) == 0;

	return first != second ? first : strcmp(name, than) > 0;
}

static bool is_better(const struct newest *newest,
    const struct newest_file *file, const struct dat_begin *begin)
{
	if (newest->best && (begin->last_s < newest->began_s ||
				(begin->last_s == newest->began_s &&
				    !is_later_name(file->name, newest->best))))
		return false;
	return !catalog_is_companion(newest->folder, file->name);
}

static void newest_ask(struct newest *newest, const struct newest_file *file)
{
	int fd = openat(newest->folder, file->name,
	    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct dat_begin begin;

	if (fd < 0)
		return;
	if (dat_begin_read(&begin, fd) && is_better(newest, file, &begin)) {
		newest->began_s = begin.last_s;
		newest->best = file->name;
		/* A file last changed before this run began holds no later one;
		 * a time that can't be right proves nothing. */
		newest->bound_s =
		    begin.last_s <= file->changed_s + 1 ? begin.last_s : -1;
	}
	close(fd);
}

static void newest_search(struct newest *newest)
{
	size_t others = 0;

	for (size_t i = 0; i < newest->files.len; i++) {
		const struct newest_file *file = &newest->files.items[i];

		/* File systems may round times to a second. */
		if (file->changed_s + 1 < newest->bound_s)
			continue;
		if (!file->named && others++ >= MOST_OTHERS)
			break;
		newest_ask(newest, file);
	}
}

char *dat_newest(const char *folder, struct err *e)
{
	struct newest newest = {.began_s = -1, .bound_s = -1};
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char *best;

	e->text[0] = 0;
	if (!dir) {
		err_errno(e, "%s: can't be read", folder);
		return NULL;
	}
	newest.folder = dirfd(dir);
	while (errno = 0, (entry = readdir(dir)))
		add_file(&newest, entry->d_name);
	if (errno)
		err_errno(e, "%s: can't be read", folder);
	if (newest.files.len > 0)
		qsort(newest.files.items, newest.files.len,
		    sizeof(newest.files.items[0]), compare_files);
	newest_search(&newest);
	best = newest.best ? mem_copy(newest.best) : NULL;
	for (size_t i = 0; i < newest.files.len; i++)
		free(newest.files.items[i].name);
	array_free(&newest.files);
	closedir(dir);
	return best;
}
