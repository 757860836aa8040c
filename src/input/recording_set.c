// SPDX-License-Identifier: MIT
#include "input/recording_set.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "dat/catalog.h"
#include "profile/measure.h"

static bool recording_set_same_phase(
    const void *items, size_t at, const void *name)
{
	return strcmp(((const struct phase *)items)[at].name, name) == 0;
}

static size_t recording_set_find_phase(
    const struct recording_set_run *run, const char *name)
{
	return index_find(&run->phase_index, index_hash(name, strlen(name)),
	    recording_set_same_phase, run->phases, name);
}

static void recording_set_index_phases(struct recording_set_run *run)
{
	for (size_t i = 0; i < run->phase_count; i++) {
		const char *name = run->phases[i].name;

		if (recording_set_find_phase(run, name) == INDEX_NONE)
			index_add(&run->phase_index,
			    index_hash(name, strlen(name)), i);
	}
}

const struct phase *recording_set_phase(
    const struct recording_set_run *run, const char *name)
{
	size_t at = recording_set_find_phase(run, name);

	return at == INDEX_NONE ? NULL : &run->phases[at];
}

static void recording_set_run_finish(struct recording_set_run *run)
{
	free(run->phases);
	index_finish(&run->phase_index);
}

static void add_runs(struct recording_set *set, const struct profile *profile)
{
	for (size_t i = 0; i < profile->runs.len; i++) {
		const struct run *run = &profile->runs.items[i];
		struct recording_set_run added = {
		    .profile = profile, .run = run};

		if (figures_of_run(run, &added.figures) != 0)
			continue;
		added.phase_count = phases_of_run(run, &added.phases);
		recording_set_index_phases(&added);
		*array_push(&set->runs) = added;
	}
}

int recording_set_add_file(struct recording_set *set, const char *path,
    const struct profiles_options *options, struct err *e)
{
	struct profile *profile = mem_zero(1, sizeof(*profile));
	size_t before = set->runs.len;

	*array_push(&set->profiles) = profile;
	if (profiles_read(profile, path, options) != 0)
		return err_set(e, "%s: nothing to judge in it", path);
	add_runs(set, profile);
	if (set->runs.len == before)
		return err_set(e, "%s: holds no samples", path);
	return 0;
}

/* Adds the recording of that number in mprof list. */
static int recording_set_add_number(struct recording_set *set, const char *word,
    const struct profiles_options *options, struct err *e)
{
	struct catalog catalog;
	const char *path = NULL;
	long number;
	int got = -1;

	if (catalog_init(&catalog, ".", e) == 0 &&
	    catalog_number(word, &number))
		path = catalog_at(&catalog, number);
	if (path)
		got = recording_set_add_file(set, path, options, e);
	else
		err_set(
		    e, "%s: neither a file nor a number of mprof list", word);
	catalog_finish(&catalog);
	return got;
}

int recording_set_add(struct recording_set *set, const char *pattern,
    const struct profiles_options *options, struct err *e)
{
	glob_t found;
	long number;
	int got = 0;

	if (catalog_number(pattern, &number) && access(pattern, F_OK) != 0)
		return recording_set_add_number(set, pattern, options, e);
	if (glob(pattern, GLOB_NOCHECK, NULL, &found) != 0)
		return err_set(e, "%s: can't be looked for", pattern);
	for (size_t i = 0; got == 0 && i < found.gl_pathc; i++)
		got =
		    recording_set_add_file(set, found.gl_pathv[i], options, e);
	globfree(&found);
	return got;
}

void recording_set_keep_last(struct recording_set *set)
{
	size_t last = set->runs.len - 1;

	for (size_t i = 0; i < last; i++)
		recording_set_run_finish(&set->runs.items[i]);
	set->runs.items[0] = set->runs.items[last];
	set->runs.len = 1;
}

void recording_set_finish(struct recording_set *set)
{
	for (size_t i = 0; i < set->runs.len; i++)
		recording_set_run_finish(&set->runs.items[i]);
	array_free(&set->runs);
	for (size_t i = 0; i < set->profiles.len; i++) {
		profile_finish(set->profiles.items[i]);
		free(set->profiles.items[i]);
	}
	array_free(&set->profiles);
}

int recording_set_check_measure(
    const struct recording_set *a, const struct recording_set *b, struct err *e)
{
	const struct recording_set_run *first = &a->runs.items[0];
	const struct recording_set *const sets[] = {a, b};

	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < sets[i]->runs.len; j++) {
			const struct recording_set_run *run =
			    &sets[i]->runs.items[j];

			if (measure_check(first->run, first->profile->path,
				run->run, run->profile->path, e) != 0)
				return -1;
		}
	}
	return 0;
}

double recording_set_figure(const struct figures *figures, size_t offset)
{
	double value;

	memcpy(&value, (const char *)figures + offset, sizeof(value));
	return value;
}

void recording_set_compare(const struct recording_set *a,
    const struct recording_set *b, size_t offset, double factor,
    struct comparison *out)
{
	double *values = mem_zero(a->runs.len + b->runs.len, sizeof(*values));

	for (size_t i = 0; i < a->runs.len; i++)
		values[i] = factor * recording_set_figure(
					 &a->runs.items[i].figures, offset);
	for (size_t i = 0; i < b->runs.len; i++)
		values[a->runs.len + i] =
		    recording_set_figure(&b->runs.items[i].figures, offset);
	compare_values(
	    values, a->runs.len, values + a->runs.len, b->runs.len, out);
	free(values);
}
