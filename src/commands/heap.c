// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "cli/terminal.h"
#include "commands/command.h"
#include "dat/heap_file.h"
#include "commands/heap_around.h"
#include "commands/heap_every.h"
#include "commands/heap_show.h"
#include "commands/heap_read.h"
#include "input/target.h"
#include "input/workers.h"
#include "proc/procfs.h"

struct heap_options {
	const char *save, *around;
	double every_s;
	long count, top;
	bool diff, json, children, sum, only, no_paths;
};

static const struct option_row rows[] = {
    {.name = "save",
	.arg = "FILE",
	.help = "also save the result to FILE, for --diff and refs --grown",
	.parse = option_text,
	.offset = offsetof(struct heap_options, save),
	.ours = true},
    {.name = "no-paths",
	.help = "with --save: save only the counts, which takes less time; "
		"refs --grown needs the rest",
	.parse = option_flag,
	.offset = offsetof(struct heap_options, no_paths),
	.ours = true},
    {.name = "diff",
	.help = "print the difference between two saved files",
	.parse = option_flag,
	.offset = offsetof(struct heap_options, diff),
	.ours = true},
    {.name = "around",
	.arg = "MARK",
	.help = "print the difference between the snapshot of this mark and "
		"the next one, or the present; of a recording, or of the one "
		"that records the process; see mprof help mark for snapshots",
	.parse = option_text,
	.offset = offsetof(struct heap_options, around),
	.ours = true},
    {.name = "every",
	.arg = "TIME",
	.help = "repeat every TIME, and print the difference from the previous "
		"and the first reading; types that grew in every step come "
		"first; at the end, or on Ctrl-C, print a summary",
	.parse = option_duration,
	.offset = offsetof(struct heap_options, every_s),
	.ours = true},
    {.name = "count",
	.arg = "N",
	.help = "with --every: exit after N differences",
	.parse = option_whole,
	.offset = offsetof(struct heap_options, count),
	.ours = true},
    {.name = "children",
	.help = "count the objects of each descendant that does the work, one "
		"after another",
	.parse = option_flag,
	.offset = offsetof(struct heap_options, children),
	.ours = true},
    {.name = "sum",
	.help = "with --children: add them up as one heap",
	.parse = option_flag,
	.offset = offsetof(struct heap_options, sum),
	.ours = true},
    {.name = "only",
	.help = "read the process itself, even if a descendant does the work",
	.parse = option_flag,
	.offset = offsetof(struct heap_options, only),
	.ours = true},
    {.letter = 'n',
	.name = "top",
	.arg = "N",
	.help = "print the first N types (default 15); 0: all of them",
	.parse = option_whole,
	.offset = offsetof(struct heap_options, top),
	.ours = true},
    {.name = "json",
	.help =
	    "print JSON, with all types; with --every, a line for each reading",
	.parse = option_flag,
	.offset = offsetof(struct heap_options, json),
	.ours = true},
    {0}};

static const struct heap_options defaults = {.top = 15};

static void command_heap_print_facts(const struct heap *heap)
{
	char pause[UNITS_TEXT];

	printf("Process %" PRId64 ", Python %s; it was stopped for %s\n",
	    heap->pid, heap->python,
	    units_duration(pause, (double)heap->pause_ns / NS_PER_S));
}

static void command_heap_show(const struct heap_options *options,
    const struct heap *heap, int64_t analysis_ns)
{
	const struct heap_show how = {.top = (size_t)options->top};

	if (options->json) {
		heap_show_json(heap, &how, analysis_ns);
		return;
	}
	command_heap_print_facts(heap);
	heap_show_table(heap, &how);
}

static int heap_show_once(
    const struct heap_options *options, const struct heap_processes *processes)
{
	struct heap heap = {0};
	int64_t analysis_ns = 0;
	struct progress progress;
	struct waiting waiting;
	int status = COMMAND_OK;
	struct err e;

	/* The sum of several processes has no paths. */
	if (options->save && !options->no_paths && processes->len == 1)
		heap.paths = mem_zero(1, sizeof(*heap.paths));
	progress = waiting_begin(&waiting, "counting objects");
	if (heap_read_all(&heap, processes, &progress, &analysis_ns, &e) !=
	    PYTHON_OK)
		status = COMMAND_FAILED;
	waiting_end(&waiting);
	if (status == COMMAND_OK && options->save &&
	    heap_file_write(&heap, options->save, &e) < 0)
		status = COMMAND_FAILED;
	if (status != COMMAND_OK) {
		command_fail(status, &e);
	} else {
		command_heap_show(options, &heap, analysis_ns);
	}
	heap_finish(&heap);
	return status;
}

/* Shows them one after the other; returns the status of the first that
 * failed. */
static int command_heap_show_each(
    const struct heap_options *options, const struct workers *workers)
{
	int status = COMMAND_OK;

	for (size_t i = 0; i < workers->pids.len; i++) {
		const struct heap_processes one = {
		    .pids = &workers->pids.items[i], .len = 1};
		int got;

		if (i && !options->json)
			putchar('\n');
		got = heap_show_once(options, &one);
		status = status == COMMAND_OK ? got : status;
	}
	return status;
}

static void heap_show_difference(const struct heap_options *options,
    const struct heap *before, const struct heap *after)
{
	const struct heap_show how = {
	    .top = (size_t)options->top, .difference = true};
	struct heap difference = {0};

	heap_difference(before, after, &difference);
	if (options->json) {
		heap_show_json(&difference, &how, -1);
	} else {
		heap_show_when(before, after);
		heap_show_table(&difference, &how);
	}
	heap_finish(&difference);
}

static int heap_show_saved(const struct heap_options *options, char **paths)
{
	struct heap before = {0}, after = {0};
	int status = COMMAND_OK;
	struct err e;

	if (heap_file_read(&before, paths[0], &e) < 0 ||
	    heap_file_read(&after, paths[1], &e) < 0)
		status = command_fail(COMMAND_FAILED, &e);
	else
		heap_show_difference(options, &before, &after);
	heap_finish(&before);
	heap_finish(&after);
	return status;
}

static int command_heap_check_children(const struct heap_options *options)
{
	struct err e;

	if (options->diff && (options->children || options->only))
		err_set(&e, "heap: --diff reads files, not a process");
	else if (options->children && options->only)
		err_set(&e, "heap: --children and --only exclude each other");
	else if (options->sum && !options->children)
		err_set(&e, "heap: --sum needs --children");
	else if (options->children && !options->sum &&
		 (options->every_s > 0 || options->save))
		err_set(&e, "heap: with --every and --save there is one heap: "
			    "add --sum, or give the pid of one child");
	else
		return COMMAND_OK;
	return command_fail(COMMAND_MISUSED, &e);
}

static int command_heap_check_around(
    const struct heap_options *options, int count)
{
	struct err e;

	if (count > 1)
		err_set(&e, "heap: --around takes one process or recording");
	else if (options->diff || options->save || options->every_s > 0)
		err_set(&e, "heap: --around compares snapshots that were "
			    "recorded: leave --diff, --save and --every out");
	else if (options->children || options->only)
		err_set(&e, "heap: --around compares the process that was "
			    "recorded: leave --children and --only out");
	else
		return COMMAND_OK;
	return command_fail(COMMAND_MISUSED, &e);
}

static int heap_check_arguments(const struct heap_options *options, int count)
{
	struct err e;

	if (options->diff && count != 2)
		err_set(&e, "heap: --diff takes two files of --save");
	else if (!options->diff && count != 1)
		err_set(&e, "heap: takes one process: its pid or its name");
	else if (options->save && (options->diff || options->every_s > 0))
		err_set(&e, "heap: --save needs a single reading of a process");
	else if (options->diff && options->every_s > 0)
		err_set(&e, "heap: --diff compares files, --every reads a "
			    "process: leave one out");
	else if (options->count && !(options->every_s > 0))
		err_set(&e, "heap: --count needs --every");
	else
		return command_heap_check_children(options);
	return command_fail(COMMAND_MISUSED, &e);
}

/* Shows the process itself (--only), all processes that do its work, or the one
 * with most memory. */
static int command_heap_open(const struct heap_options *options, pid_t pid)
{
	const struct heap_every every = {.every_s = options->every_s,
	    .count = options->count,
	    .top = options->top,
	    .json = options->json};
	struct heap_processes processes = {
	    .pids = &pid, .len = 1, .asked = pid, .sum = options->sum};
	struct workers workers = {0};
	int status;
	struct err e;

	if (!options->only && workers_find(&workers, pid, &e) != 0)
		return command_fail(COMMAND_TROUBLE, &e);
	if (!options->only)
		processes.pids = workers.pids.items;
	if (options->sum)
		processes.len = workers.pids.len;
	if (!options->only && !options->children)
		workers_explain(&workers);
	if (options->children && !options->sum)
		status = command_heap_show_each(options, &workers);
	else if (options->every_s > 0)
		status = heap_every_show(&every, &processes);
	else
		status = heap_show_once(options, &processes);
	workers_finish(&workers);
	return status;
}

static int command_heap_exec(const void *values, char **argv, int count)
{
	const struct heap_options *options = values;
	int status = options->around ? command_heap_check_around(options, count)
				     : heap_check_arguments(options, count);
	const struct heap_around_wish around = {.label = options->around,
	    .top = options->top,
	    .json = options->json};
	struct target target;

	if (status != COMMAND_OK)
		return status;
	if (options->around)
		return heap_around_show(&around, argv, count);
	if (options->diff)
		return heap_show_saved(options, argv);
	status = target_init(&target, argv[0]);
	if (status == COMMAND_OK)
		status = command_heap_open(options, target.pid);
	target_finish(&target);
	return status;
}

const struct command command_heap = {
    .name = "heap",
    .synopsis = "[options] PID|NAME | --diff A B | --around MARK [PID|PROFILE]",
    .summary = "count the objects of a running Python program, by type",
    .details = "The program needs no changes. mprof stops it for some "
	       "milliseconds to copy its\n"
	       "memory, and counts the objects in the copy. It reads CPython "
	       "3.8 to 3.15.\n"
	       "\n"
	       "Examples:\n"
	       "  mprof heap 4711\n"
	       "  mprof heap 4711 --every 30s\n"
	       "  mprof heap 4711 --save before.heap\n"
	       "  mprof heap --diff before.heap after.heap\n"
	       "  mprof heap 4711 --around load\n",
    .options = rows,
    .options_size = sizeof(struct heap_options),
    .defaults = &defaults,
    .takes = COMMAND_TAKES_PID,
    .run = command_heap_exec,
};
