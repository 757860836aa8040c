// SPDX-License-Identifier: MIT
#include "input/recording_files.h"

#include <glob.h>
#include <unistd.h>

#include "base/mem.h"
#include "dat/catalog.h"

int recording_files_add_one(struct recording_set *set, const char *path,
    const struct profiles_options *options, struct err *e)
{
	struct profile *profile = mem_zero(1, sizeof(*profile));
	int got = profiles_read(profile, path, options);
	size_t added = recording_set_take(set, profile);

	if (got != 0)
		return err_set(e, "%s: nothing to judge in it", path);
	if (added == 0)
		return err_set(e, "%s: holds no samples", path);
	return 0;
}

/* Adds the recording with that number in mprof list. */
static int recording_files_add_number(struct recording_set *set,
    const char *word, const struct profiles_options *options, struct err *e)
{
	struct catalog catalog;
	const char *path = NULL;
	long number;
	int got = -1;

	if (catalog_init(&catalog, ".", e) == 0 &&
	    catalog_number(word, &number))
		path = catalog_at(&catalog, number);
	if (path)
		got = recording_files_add_one(set, path, options, e);
	else
		err_set(
		    e, "%s: neither a file nor a number of mprof list", word);
	catalog_finish(&catalog);
	return got;
}

int recording_files_add(struct recording_set *set, const char *pattern,
    const struct profiles_options *options, struct err *e)
{
	glob_t found;
	long number;
	int got = 0;

	if (catalog_number(pattern, &number) && access(pattern, F_OK) != 0)
		return recording_files_add_number(set, pattern, options, e);
	if (glob(pattern, GLOB_NOCHECK, NULL, &found) != 0)
		return err_set(e, "%s: can't be searched for", pattern);
	for (size_t i = 0; got == 0 && i < found.gl_pathc; i++)
		got =
		    recording_files_add_one(set, found.gl_pathv[i], options, e);
	globfree(&found);
	return got;
}

void recording_files_note_totals(
    const struct recording_set *a, const struct recording_set *b)
{
	struct err e;

	if (recording_set_mixes_totals(a, b, &e))
		fprintf(stderr, "mprof: %s\n", e.text);
}
