// SPDX-License-Identifier: MIT
#include "commands/heap_around.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/heap_around.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/command_status.h"
#include "commands/heap_show.h"
#include "commands/heap_read.h"
#include "dat/reader.h"
#include "input/profiles.h"
#include "input/recording_of.h"
#include "input/target.h"

static void heap_around_print(const struct heap_around_wish *wish,
    const struct heap_snapshot *before, const struct heap *after,
    const char *to)
{
	const struct heap_show how = {.top = (size_t)wish->top,
	    .difference = true,
	    .from = before->label,
	    .to = to};
	struct heap difference = {0};
	char clean[2][256];

	heap_difference(&before->heap, after, &difference);
	if (wish->json) {
		heap_show_json(&difference, &how, -1);
	} else {
		printf("From the mark %s ",
		    utf8_clean(clean[0], sizeof(clean[0]), before->label));
		if (to)
			printf("to the mark %s, process %d\n",
			    utf8_clean(clean[1], sizeof(clean[1]), to),
			    (int)after->pid);
		else
			printf("until now, process %d\n", (int)after->pid);
		heap_show_when(&before->heap, after);
		heap_show_table(&difference, &how);
	}
	heap_finish(&difference);
}

/* No snapshot follows the mark yet: the present heap is used. */
static int heap_around_now(const struct heap_around_wish *wish,
    const struct heap_snapshot *before, struct err *e)
{
	struct heap now = {0};
	int64_t ignored = 0;
	int got = 0;

	if (heap_read(&now, (pid_t)before->heap.pid, NULL, &ignored, e) !=
	    PYTHON_OK)
		got = -1;
	else
		heap_around_print(wish, before, &now, NULL);
	heap_finish(&now);
	return got;
}

/* Finds the mark in the file's last run. lives: the process is running. */
static int heap_around_file(const struct heap_around_wish *wish,
    const char *path, bool lives, struct err *e)
{
	struct heap_around around;
	struct profile profile;
	int got = dat_read(&profile, path, e);
	struct err cause;

	if (got == 0 && profile.runs.len == 0)
		got = err_set(e, "%s: holds no recording", path);
	if (got == 0 &&
	    heap_around_find(&around, &profile.runs.items[profile.runs.len - 1],
		wish->label, &cause) != 0)
		got = err_set(e, "%s: %s", path, cause.text);
	if (got == 0 && around.after)
		heap_around_print(wish, around.before, &around.after->heap,
		    around.after->label);
	else if (got == 0 && lives)
		got = heap_around_now(wish, around.before, e);
	else if (got == 0)
		got = err_set(e,
		    "%s: no snapshot of process %d follows that of the mark "
		    "%s; a second mark takes one",
		    path, (int)around.before->heap.pid, wish->label);
	profile_finish(&profile);
	return got;
}

static int heap_around_process(
    const struct heap_around_wish *wish, const char *word)
{
	struct target target;
	int status = target_init(&target, word);
	char *path = NULL;
	struct err e;

	if (status == COMMAND_OK) {
		path = recording_of(target.pid, &e);
		if (!path || heap_around_file(wish, path, true, &e) != 0)
			status = command_fail(COMMAND_FAILED, &e);
	}
	free(path);
	target_finish(&target);
	return status;
}

int heap_around_show(
    const struct heap_around_wish *wish, char **argv, int count)
{
	struct profiles profiles;
	int status;
	struct err e;

	if (count > 0 && !recording_is_path(argv[0]))
		return heap_around_process(wish, argv[0]);
	status = profiles_init(&profiles, argv, count, stderr);
	if (status == COMMAND_OK &&
	    heap_around_file(wish, profiles.paths.items[0], false, &e) != 0)
		status = command_fail(COMMAND_FAILED, &e);
	profiles_finish(&profiles);
	return status;
}
