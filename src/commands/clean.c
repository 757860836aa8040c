// SPDX-License-Identifier: MIT
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

/* A file with the name of a recording may be another's: it stays. */
static void collect(struct removal *removal, const struct catalog *catalog)
{
	struct err e;

	for (size_t i = 0; i < catalog->names.len; i++) {
		const char *path = catalog->names.items[i];

		if (catalog_check(path, &e) == 0)
			removal_add(removal, path);
		else
			fprintf(stderr, "mprof: %s: left in place\n", e.text);
	}
	removal_add_companions(removal);
}

static int run(const void *values, char **words, int count)
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
	if (catalog_init(&catalog, ".", &e) != 0)
		return command_fail(COMMAND_FAILED, &e);
	collect(&removal, &catalog);
	status = removal_carry_out(&removal, options->dry_run);
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
    .run = run,
};
