// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/index.h"
#include "base/parallel.h"
#include "base/io.h"
#include "base/utf8.h"
#include "commands/command.h"
#include "dat/beside.h"
#include "dat/catalog.h"
#include "dat/reader.h"

struct removal_options {
	bool dry_run;
};

static const struct option_row rows[] = {
    {.name = "dry-run",
	.help = "print the files that would be removed, but keep them",
	.parse = option_flag,
	.offset = offsetof(struct removal_options, dry_run)},
    {0}};

struct removal_file {
	char *path;
	int error; /* errno of its removal; 0: removed */
};

/* Files to delete: all of them or none. */
struct removal {
	ARRAY(struct removal_file) files; /* each file once */
	struct index index;               /* finds files by path */
};

static bool rm_is(const void *files, size_t at, const void *path)
{
	const struct removal_file *file = files;

	return strcmp(file[at].path, path) == 0;
}

static void rm_add(struct removal *removal, const char *path)
{
	uint32_t hash = index_hash(path, strlen(path));
	size_t at = index_place(&removal->index, hash, rm_is,
	    removal->files.items, path, removal->files.len);

	if (at == removal->files.len)
		*array_push(&removal->files) =
		    (struct removal_file){mem_copy(path), 0};
}

/* In memory_profiler's order: the companion of the last one first. */
static void rm_add_companions(struct removal *removal)
{
	for (size_t i = removal->files.len; i-- > 0;) {
		const char *path = removal->files.items[i].path;
		char *companion = dat_companion(path);

		if (companion && catalog_check(companion, NULL) == 0)
			rm_add(removal, companion);
		free(companion);
	}
}

/* Whether the file is beside a recording and goes with it: that is to be
 * removed, or is gone and had a default name, of which clean removes all. */
static bool rm_takes(
    const struct removal *removal, const char *path, bool is_all)
{
	char *recording = beside_recording(path);
	bool takes;

	if (!recording)
		return false;
	takes = index_find(&removal->index,
		    index_hash(recording, strlen(recording)), rm_is,
		    removal->files.items, recording) != INDEX_NONE ||
		(is_all && catalog_is_default_name(recording) &&
		    access(recording, F_OK) != 0 && errno == ENOENT);
	free(recording);
	return takes && beside_was_left(path);
}

/* Adds what killed recorders left beside recordings in one directory, whose
 * path ends with a slash or is empty. */
static void rm_add_leftovers_in(
    struct removal *removal, const char *directory, bool is_all)
{
	struct dirent **names;
	int count =
	    scandir(*directory ? directory : ".", &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char *path = mem_format("%s%s", directory, names[i]->d_name);

		if (rm_takes(removal, path, is_all))
			rm_add(removal, path);
		free(path);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

/* Recordings in one directory follow each other, mostly. */
static void rm_add_leftovers(struct removal *removal)
{
	char *last = NULL;

	for (size_t i = 0, len = removal->files.len; i < len; i++) {
		const char *path = removal->files.items[i].path;
		char *directory =
		    mem_format("%.*s", (int)(path_name(path) - path), path);

		if (!last || strcmp(directory, last) != 0)
			rm_add_leftovers_in(removal, directory, false);
		free(last);
		last = directory;
	}
	free(last);
}

static void rm_print(const struct removal *removal)
{
	puts("Files to be removed: ");
	for (size_t i = 0; i < removal->files.len; i++) {
		char *clean = utf8_clean_copy(removal->files.items[i].path);

		puts(clean);
		free(clean);
	}
}

static void rm_unlink(void *files, size_t at)
{
	struct removal_file *file = files;

	file[at].error = unlink(file[at].path) == 0 ? 0 : errno;
}

/* A file system may wait for its disk at each file, so several threads remove
 * files. */
static int rm_carry_out(const struct removal *removal, bool dry_run)
{
	int status = COMMAND_OK;
	struct err e;

	if (dry_run) {
		rm_print(removal);
		return COMMAND_OK;
	}
	parallel_for(removal->files.len, rm_unlink, removal->files.items);
	for (size_t i = 0; i < removal->files.len; i++) {
		const struct removal_file *file = &removal->files.items[i];

		errno = file->error;
		if (file->error != 0) {
			err_errno(&e, "%s: not removed", file->path);
			status = command_fail(COMMAND_FAILED, &e);
		}
	}
	return status;
}

static void rm_finish(struct removal *removal)
{
	for (size_t i = 0; i < removal->files.len; i++)
		free(removal->files.items[i].path);
	array_free(&removal->files);
	index_finish(&removal->index);
}

/* A number is an index of the list; a file called 1 is given as ./1. */
static int command_rm_add_word(struct removal *removal,
    const struct catalog *catalog, const char *word, struct err *e)
{
	const char *path = word;
	long number;

	if (catalog_number(word, &number)) {
		path = catalog_at(catalog, number);
		if (!path)
			return err_set(e,
			    "%s: no such recording; mprof list shows the "
			    "numbers",
			    word);
	}
	if (catalog_check(path, e) != 0)
		return -1;
	rm_add(removal, path);
	return 0;
}

static int command_rm_collect(struct removal *removal, char **argv, int count)
{
	struct catalog catalog;
	int status = COMMAND_OK;
	struct err e;

	if (catalog_init(&catalog, ".", &e) != 0)
		status = command_fail(COMMAND_FAILED, &e);
	for (int i = 0; i < count; i++) {
		if (command_rm_add_word(removal, &catalog, argv[i], &e) != 0)
			status = command_fail(COMMAND_FAILED, &e);
	}
	catalog_finish(&catalog);
	if (status != COMMAND_OK)
		fputs("mprof: rm: nothing was removed\n", stderr);
	return status;
}

static int command_rm_exec(const void *values, char **argv, int count)
{
	const struct removal_options *options = values;
	struct removal removal = {0};
	int status;

	if (count == 0) {
		puts("A profile to remove must be provided (number or "
		     "filename)");
		return COMMAND_FAILED;
	}
	status = command_rm_collect(&removal, argv, count);
	if (status == COMMAND_OK) {
		rm_add_companions(&removal);
		rm_add_leftovers(&removal);
		status = rm_carry_out(&removal, options->dry_run);
	}
	rm_finish(&removal);
	return status;
}

const struct command command_rm = {
    .name = "rm",
    .synopsis = "[options] NUMBER_OR_FILE ...",
    .summary = "remove recordings",
    .details = "The numbers are those of mprof list; -1 is the newest. If one "
	       "of them is\n"
	       "wrong, nothing is removed.\n"
	       "\n"
	       "Examples:\n"
	       "  mprof rm 0 1          the two oldest\n"
	       "  mprof rm -1           the newest\n"
	       "  mprof rm --dry-run 3  show what would be removed\n",
    .options = rows,
    .options_size = sizeof(struct removal_options),
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_rm_exec,
};

static void rm_report_kept(const char *name)
{
	char clean[512];

	utf8_clean(clean, sizeof(clean), name);
	fprintf(
	    stderr, "mprof: %s: is not a regular file: left in place\n", clean);
}

/* Skips files that have a recording's name but are none. Returns COMMAND_FAILED
 * where a file could not be read. */
static int rm_collect_all(
    struct removal *removal, const struct catalog *catalog)
{
	int status = COMMAND_OK;
	struct err e;

	for (size_t i = 0; i < catalog->names.len; i++) {
		const char *path = catalog->names.items[i];
		int refused = catalog_check(path, &e);

		if (refused)
			fprintf(stderr, "mprof: %s: left in place\n", e.text);
		else
			rm_add(removal, path);
		if (refused < 0)
			status = COMMAND_FAILED;
	}
	for (size_t i = 0; i < catalog->others.len; i++)
		rm_report_kept(catalog->others.items[i]);
	rm_add_companions(removal);
	rm_add_leftovers_in(removal, "", true);
	return status;
}

static int command_clean_exec(const void *values, char **argv, int count)
{
	const struct removal_options *options = values;
	struct removal removal = {0};
	struct catalog catalog;
	struct err e;
	int status;

	if (count > 0) {
		err_set(&e,
		    "%s: clean takes no argument; mprof rm removes one "
		    "recording",
		    argv[0]);
		return command_fail(COMMAND_MISUSED, &e);
	}
	if (catalog_init(&catalog, ".", &e) != 0) {
		catalog_finish(&catalog);
		return command_fail(COMMAND_FAILED, &e);
	}
	status = rm_collect_all(&removal, &catalog);
	if (rm_carry_out(&removal, options->dry_run) != COMMAND_OK)
		status = COMMAND_FAILED;
	rm_finish(&removal);
	catalog_finish(&catalog);
	return status;
}

const struct command command_clean = {
    .name = "clean",
    .synopsis = "[options]",
    .summary = "remove all recordings in this directory",
    .details = "It removes only recordings named mprofile_<date>.dat, and the "
	       "files that belong\n"
	       "to them.\n",
    .options = rows,
    .options_size = sizeof(struct removal_options),
    .run = command_clean_exec,
};
