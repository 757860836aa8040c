// SPDX-License-Identifier: MIT
#include "commands/side.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "dat/catalog.h"
#include "profile/measure.h"

static bool side_same_phase(const void *items, size_t at, const void *name)
{
	return strcmp(((const struct phase *)items)[at].name, name) == 0;
}

static size_t side_find_phase(const struct side_run *run, const char *name)
{
	return index_find(&run->phase_index, index_hash(name, strlen(name)),
	    side_same_phase, run->phases, name);
}

static void side_index_phases(struct side_run *run)
{
	for (size_t i = 0; i < run->phase_count; i++) {
		const char *name = run->phases[i].name;

		if (side_find_phase(run, name) == INDEX_NONE)
			index_add(&run->phase_index,
			    index_hash(name, strlen(name)), i);
	}
}

const struct phase *side_run_phase(const struct side_run *run, const char *name)
{
	size_t at = side_find_phase(run, name);

	return at == INDEX_NONE ? NULL : &run->phases[at];
}

static void side_run_finish(struct side_run *run)
{
	free(run->phases);
	index_finish(&run->phase_index);
}

static void add_runs(struct side *side, const struct profile *profile)
{
	for (size_t i = 0; i < profile->runs.len; i++) {
		const struct run *run = &profile->runs.items[i];
		struct side_run added = {.profile = profile, .run = run};

		if (figures_of_run(run, &added.figures) != 0)
			continue;
		added.phase_count = phases_of_run(run, &added.phases);
		side_index_phases(&added);
		*array_push(&side->runs) = added;
	}
}

int side_add_file(struct side *side, const char *path,
    const struct profiles_options *options, struct err *e)
{
	struct profile *profile = mem_zero(1, sizeof(*profile));
	size_t before = side->runs.len;

	*array_push(&side->profiles) = profile;
	if (profiles_read(profile, path, options) != 0)
		return err_set(e, "%s: nothing to judge in it", path);
	add_runs(side, profile);
	if (side->runs.len == before)
		return err_set(e, "%s: holds no samples", path);
	return 0;
}

/* A number of mprof list, where no file has that name. */
static int side_add_number(struct side *side, const char *word,
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
		got = side_add_file(side, path, options, e);
	else
		err_set(
		    e, "%s: neither a file nor a number of mprof list", word);
	catalog_finish(&catalog);
	return got;
}

int side_add(struct side *side, const char *pattern,
    const struct profiles_options *options, struct err *e)
{
	glob_t found;
	long number;
	int got = 0;

	if (catalog_number(pattern, &number) && access(pattern, F_OK) != 0)
		return side_add_number(side, pattern, options, e);
	if (glob(pattern, GLOB_NOCHECK, NULL, &found) != 0)
		return err_set(e, "%s: can't be looked for", pattern);
	for (size_t i = 0; got == 0 && i < found.gl_pathc; i++)
		got = side_add_file(side, found.gl_pathv[i], options, e);
	globfree(&found);
	return got;
}

void side_keep_last(struct side *side)
{
	size_t last = side->runs.len - 1;

	for (size_t i = 0; i < last; i++)
		side_run_finish(&side->runs.items[i]);
	side->runs.items[0] = side->runs.items[last];
	side->runs.len = 1;
}

void side_finish(struct side *side)
{
	for (size_t i = 0; i < side->runs.len; i++)
		side_run_finish(&side->runs.items[i]);
	array_free(&side->runs);
	for (size_t i = 0; i < side->profiles.len; i++) {
		profile_finish(side->profiles.items[i]);
		free(side->profiles.items[i]);
	}
	array_free(&side->profiles);
}

int side_check_metric(const struct side *a, const struct side *b, struct err *e)
{
	const struct side_run *first = &a->runs.items[0];
	const struct side *const sides[] = {a, b};

	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < sides[i]->runs.len; j++) {
			const struct side_run *run = &sides[i]->runs.items[j];

			if (measure_check(first->run, first->profile->path,
				run->run, run->profile->path, e) != 0)
				return -1;
		}
	}
	return 0;
}

double figure_at(const struct figures *figures, size_t offset)
{
	double value;

	memcpy(&value, (const char *)figures + offset, sizeof(value));
	return value;
}

void side_compare(const struct side *a, const struct side *b, size_t offset,
    double factor, struct comparison *out)
{
	double *values = mem_zero(a->runs.len + b->runs.len, sizeof(*values));

	for (size_t i = 0; i < a->runs.len; i++)
		values[i] =
		    factor * figure_at(&a->runs.items[i].figures, offset);
	for (size_t i = 0; i < b->runs.len; i++)
		values[a->runs.len + i] =
		    figure_at(&b->runs.items[i].figures, offset);
	compare_values(
	    values, a->runs.len, values + a->runs.len, b->runs.len, out);
	free(values);
}
