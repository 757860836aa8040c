// SPDX-License-Identifier: MIT
#include "commands/removal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "commands/command.h"
#include "dat/catalog.h"

void removal_add(struct removal *removal, const char *path)
{
	for (size_t i = 0; i < removal->paths.len; i++) {
		if (strcmp(removal->paths.items[i], path) == 0)
			return;
	}
	*array_push(&removal->paths) = mem_copy(path);
}

/* In the order that memory_profiler prints: the last one's companion first. */
void removal_add_companions(struct removal *removal)
{
	for (size_t i = removal->paths.len; i-- > 0;) {
		char *companion = catalog_companion(removal->paths.items[i]);

		if (companion && catalog_check(companion, NULL) == 0)
			removal_add(removal, companion);
		free(companion);
	}
}

int removal_carry_out(const struct removal *removal, bool dry_run)
{
	int status = COMMAND_OK;
	struct err e;

	if (dry_run)
		puts("Files to be removed: ");
	for (size_t i = 0; i < removal->paths.len; i++) {
		const char *path = removal->paths.items[i];

		if (dry_run) {
			char *clean = utf8_clean_copy(path);

			puts(clean);
			free(clean);
		} else if (unlink(path) != 0) {
			err_errno(&e, "%s: not removed", path);
			status = command_fail(COMMAND_FAILED, &e);
		}
	}
	return status;
}

void removal_finish(struct removal *removal)
{
	for (size_t i = 0; i < removal->paths.len; i++)
		free(removal->paths.items[i]);
	array_free(&removal->paths);
}
