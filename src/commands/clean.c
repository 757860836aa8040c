// SPDX-License-Identifier: MIT
#include "base/utf8.h"
#include "commands/command.h"
#include "commands/removal.h"
#include "dat/catalog.h"

struct clean_options {
	bool dry_run;
};

static const struct option_row rows[] = {
    {.name = "dry-run",
	.help = "only name the files that would be removed",
	.parse = option_flag,
	.offset = offsetof(struct clean_options, dry_run)},
    {0}};

static void clean_say_kept(const char *name)
{
	char clean[512];

	utf8_clean(clean, sizeof(clean), name);
	fprintf(
	    stderr, "mprof: %s: is no regular file: left in place\n", clean);
}

/* A file with the name of a recording may be something else: it stays. The
 * exit status: COMMAND_FAILED where a file could not be looked into. */
static int clean_collect(struct removal *removal, const struct catalog *catalog)
{
	int status = COMMAND_OK;
	struct err e;

	for (size_t i = 0; i < catalog->names.len; i++) {
		const char *path = catalog->names.items[i];
		int refused = catalog_check(path, &e);

		if (refused)
			fprintf(stderr, "mprof: %s: left in place\n", e.text);
		else
			removal_add(removal, path);
		if (refused < 0)
			status = COMMAND_FAILED;
	}
	for (size_t i = 0; i < catalog->others.len; i++)
		clean_say_kept(catalog->others.items[i]);
	removal_add_companions(removal);
	return status;
}

static int command_clean_exec(const void *values, char **words, int count)
{
	const struct clean_options *options = values;
	struct removal removal = {0};
	struct catalog catalog;
	struct err e;
	int status;

	if (count > 0) {
		err_set(&e,
		    "%s: clean takes no argument; mprof rm removes one "
		    "recording",
		    words[0]);
		return command_fail(COMMAND_MISUSED, &e);
	}
	if (catalog_init(&catalog, ".", &e) != 0) {
		catalog_finish(&catalog);
		return command_fail(COMMAND_FAILED, &e);
	}
	status = clean_collect(&removal, &catalog);
	if (removal_carry_out(&removal, options->dry_run) != COMMAND_OK)
		status = COMMAND_FAILED;
	removal_finish(&removal);
	catalog_finish(&catalog);
	return status;
}

const struct command command_clean = {
    .name = "clean",
    .synopsis = "[options]",
    .summary = "remove all recordings here",
    .details = "Only files named mprofile_<date>.dat that are recordings, and "
	       "their companions,\nare removed.\n",
    .options = rows,
    .options_size = sizeof(struct clean_options),
    .run = command_clean_exec,
};
