// SPDX-License-Identifier: MIT
#include "commands/run_with.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "profile/resource.h"

/* Several resources may share a name; the first one has the help. */
struct option_value run_with_value_at(size_t at)
{
	for (size_t i = 0; i < RESOURCES; i++) {
		if (resources[i].help && at-- == 0)
			return (struct option_value){
			    resources[i].name, resources[i].help};
	}
	return (struct option_value){0};
}

static int run_with_add(const struct option_row *row, const char *name,
    unsigned *set, struct err *e)
{
	bool found = false;

	for (unsigned i = 0; i < RESOURCES; i++) {
		if (strcmp(resources[i].name, name) == 0) {
			*set |= 1U << i;
			found = true;
		}
	}
	if (found)
		return 0;
	return options_refuse(row, name, e);
}

int run_with_parse(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	char *copy = mem_copy(text), *rest = copy, *name;
	int got = 0;

	while (got == 0 && (name = strsep(&rest, ",")))
		got = run_with_add(row, name, where, e);
	free(copy);
	return got;
}
