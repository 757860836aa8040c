// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/removal.h"
#include "dat/catalog.h"

struct rm_options {
	bool dry_run;
};

static const struct option_row rows[] = {
    {.name = "dry-run",
	.help = "only name the files that would be removed",
	.parse = option_flag,
	.offset = offsetof(struct rm_options, dry_run)},
    {0}};

/* A number comes first: a file with a number for its name is ./1. */
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
	removal_add(removal, path);
	return 0;
}

static int command_rm_collect(struct removal *removal, char **words, int count)
{
	struct catalog catalog;
	int status = COMMAND_OK;
	struct err e;

	if (catalog_init(&catalog, ".", &e) != 0)
		status = command_fail(COMMAND_FAILED, &e);
	for (int i = 0; i < count; i++) {
		if (command_rm_add_word(removal, &catalog, words[i], &e) != 0)
			status = command_fail(COMMAND_FAILED, &e);
	}
	catalog_finish(&catalog);
	if (status != COMMAND_OK)
		fputs("mprof: rm: nothing was removed\n", stderr);
	return status;
}

static int command_rm_exec(const void *values, char **words, int count)
{
	const struct rm_options *options = values;
	struct removal removal = {0};
	int status;

	if (count == 0) {
		puts("A profile to remove must be provided (number or "
		     "filename)");
		return COMMAND_FAILED;
	}
	status = command_rm_collect(&removal, words, count);
	if (status == COMMAND_OK) {
		removal_add_companions(&removal);
		status = removal_carry_out(&removal, options->dry_run);
	}
	removal_finish(&removal);
	return status;
}

const struct command command_rm = {
    .name = "rm",
    .synopsis = "[options] NUMBER_OR_FILE ...",
    .summary = "remove recordings",
    .details = "The numbers are those of mprof list; -1 is the newest. Where "
	       "one of them is\nwrong, nothing is removed.\n\n"
	       "Examples:\n"
	       "  mprof rm 0 1          the two oldest\n"
	       "  mprof rm -1           the newest\n"
	       "  mprof rm --dry-run 3  show what would go\n",
    .options = rows,
    .options_size = sizeof(struct rm_options),
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_rm_exec,
};
