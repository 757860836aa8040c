// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "commands/command.h"
#include "dat/catalog.h"

struct list_options {
	bool unused;
};

static const struct option_row rows[] = {{0}};

/* "20261122143937" as "14:39:37 22/11/2026"; what is shorter or of other
 * characters is cut at the same places, as memory_profiler does. */
static void print_date(const char *name)
{
	const char *date = strrchr(name, '_') + 1;
	const char *cut[7] = {date};
	static const int lengths[] = {4, 2, 2, 2, 2, 2};

	for (int i = 0; i < 6; i++) {
		cut[i + 1] = cut[i];
		for (int n = 0; n < lengths[i] && *cut[i + 1] != '.'; n++)
			utf8_next(&cut[i + 1]);
	}
#define PART(i) (int)(cut[(i) + 1] - cut[i]), cut[i]
	printf("%.*s:%.*s:%.*s %.*s/%.*s/%.*s\n", PART(3), PART(4), PART(5),
	    PART(2), PART(1), PART(0));
#undef PART
}

static int run(const void *values, char **words, int count)
{
	struct catalog catalog;
	struct err e;

	(void)values;
	if (count > 0) {
		err_set(&e, "%s: list takes no argument", words[0]);
		return command_fail(COMMAND_MISUSED, &e);
	}
	if (catalog_init(&catalog, ".", &e) != 0)
		return command_fail(COMMAND_FAILED, &e);
	for (size_t i = 0; i < catalog.names.len; i++) {
		char *clean = utf8_clean_copy(catalog.names.items[i]);

		printf("%zu %s ", i, clean);
		print_date(clean);
		free(clean);
	}
	catalog_finish(&catalog);
	return COMMAND_OK;
}

const struct command command_list = {
    .name = "list",
    .synopsis = "[options]",
    .summary = "show the recordings here, with their numbers",
    .options = rows,
    .options_size = sizeof(struct list_options),
    .run = run,
};
