// SPDX-License-Identifier: MIT
#include "commands/run_group.h"

const char *run_group_option(const struct run_group *group)
{
	for (enum target_kind kind = 0; kind < TARGET_KINDS; kind++) {
		if (group->words[kind])
			return target_option(kind);
	}
	return NULL;
}

int run_group_check(
    const struct run_group *group, const char *word, struct err *e)
{
	size_t given = 0;

	for (size_t kind = 0; kind < TARGET_KINDS; kind++)
		given += group->words[kind] != NULL;
	if (given > 1)
		return err_set(e, "one of --cgroup, --unit and --container can "
				  "be given, not several");
	if (given > 0 && word)
		return err_set(e,
		    "%s: unexpected; --%s already names the control group",
		    word, run_group_option(group));
	return 0;
}

int run_group_find(const struct run_group *group, struct target *target)
{
	enum target_kind kind = TARGET_CGROUP;

	while (kind + 1 < TARGET_KINDS && !group->words[kind])
		kind++;
	return target_find_group(target, kind, group->words[kind]);
}
