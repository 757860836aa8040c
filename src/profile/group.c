// SPDX-License-Identifier: MIT
#include "profile/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "profile/label.h"
#include "profile/process.h"
#include "profile/run.h"

struct process_group {
	const char *name;
	size_t count;
	const struct process *highest;
	double highest_mib;
	double *sums; /* sum at each tick of the total */
};

struct process_groups {
	ARRAY(struct process_group) list;
	struct index index; /* groups by name */
};

static bool group_is(const void *groups, size_t at, const void *name)
{
	return strcmp(((const struct process_group *)groups)[at].name, name) ==
	       0;
}

static void group_add(struct process_groups *groups, const struct run *run,
    const struct process *process)
{
	const char *name = process->name ? process->name : "(no name)";
	size_t at = index_place(&groups->index, index_hash(name, strlen(name)),
	    group_is, groups->list.items, name, groups->list.len);
	struct process_group *group;
	double mib;

	if (at == groups->list.len)
		*array_push(&groups->list) =
		    (struct process_group){.name = name,
			.sums = mem_zero(run->total.len, sizeof(double))};
	group = &groups->list.items[at];
	group->count++;
	process_add_at(process, NULL, run->total.len, group->sums);
	if (process_peak(process, &mib) &&
	    (!group->highest || mib > group->highest_mib)) {
		group->highest = process;
		group->highest_mib = mib;
	}
}

static char *group_name(
    const struct process_group *group, const struct process_labels *labels)
{
	const char *word = process_label(labels, group->highest);
	char size[UNITS_TEXT];

	if (group->count == 1)
		return process_label_text(labels, group->highest);
	return mem_format("%s \xc3\x97%zu, highest %s%s%s%s", group->name,
	    group->count, units_size(size, group->highest_mib),
	    word ? " (" : "", word ? word : "", word ? ")" : "");
}

/* Adds samples for the ticks in which a process of the group was there;
 * consecutive ticks are a stretch. */
static void group_fill(
    struct process *process, const struct run *run, const double *sums)
{
	bool there = false;

	for (size_t i = 0; i < run->total.len; i++) {
		if (sums[i] > 0 && !there)
			*array_push(&process->stretches) =
			    (struct stretch){process->memory.len, i};
		there = sums[i] > 0;
		if (there)
			series_add(&process->memory, run->total.items[i].time_s,
			    sums[i]);
	}
}

void run_group_by_name(struct run *grouped, const struct run *run)
{
	struct process_labels labels;
	struct process_groups groups = {.list = {0}, .index = {0}};

	*grouped = *run;
	if (run->total.len == 0)
		return;
	memset(&grouped->processes, 0, sizeof(grouped->processes));
	for (size_t i = 0; i < run->processes.len; i++) {
		if (run->processes.items[i].memory.len > 0)
			group_add(&groups, run, &run->processes.items[i]);
	}
	process_labels_init(&labels, run);
	for (size_t i = 0; i < groups.list.len; i++) {
		struct process *process = array_push(&grouped->processes);

		*process = (struct process){.key = mem_copy(""),
		    .pid = -1,
		    .introduced = true,
		    .name = group_name(&groups.list.items[i], &labels)};
		group_fill(process, run, groups.list.items[i].sums);
		free(groups.list.items[i].sums);
	}
	process_labels_finish(&labels);
	array_free(&groups.list);
	index_finish(&groups.index);
}

void run_group_finish(struct run *grouped, const struct run *run)
{
	if (grouped->processes.items == run->processes.items)
		return;
	for (size_t i = 0; i < grouped->processes.len; i++) {
		struct process *process = &grouped->processes.items[i];

		free(process->key);
		free(process->name);
		series_finish(&process->memory);
		array_free(&process->stretches);
	}
	array_free(&grouped->processes);
}
