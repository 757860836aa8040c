// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/units.h"
#include "cli/terminal.h"
#include "commands/command.h"
#include "dat/heap_file.h"
#include "commands/heap_show.h"
#include "commands/heap_take.h"
#include "input/target.h"
#include "proc/procfs.h"

struct heap_options {
	const char *save;
	double every_s;
	long count, top;
	bool diff, json;
};

static const struct option_row rows[] = {
    {.name = "save",
	.arg = "FILE",
	.help = "also save the result in FILE, for --diff",
	.parse = option_text,
	.offset = offsetof(struct heap_options, save),
	.ours = true},
    {.name = "diff",
	.help = "print the difference between two saved files",
	.parse = option_flag,
	.offset = offsetof(struct heap_options, diff),
	.ours = true},
    {.name = "every",
	.arg = "TIME",
	.help = "repeat after each TIME, and print the difference to the "
		"reading before, growth first",
	.parse = option_duration,
	.offset = offsetof(struct heap_options, every_s),
	.ours = true},
    {.name = "count",
	.arg = "N",
	.help = "with --every: exit after N differences",
	.parse = option_whole,
	.offset = offsetof(struct heap_options, count),
	.ours = true},
    {.letter = 'n',
	.name = "top",
	.arg = "N",
	.help = "print the first N types (default 15); 0: all of them",
	.parse = option_whole,
	.offset = offsetof(struct heap_options, top),
	.ours = true},
    {.name = "json",
	.help = "print JSON, with all types",
	.parse = option_flag,
	.offset = offsetof(struct heap_options, json),
	.ours = true},
    {0}};

static const struct heap_options defaults = {.top = 15};

static void command_heap_show(const struct heap_options *options,
    const struct heap *heap, bool difference, int64_t analysis_ns)
{
	struct heap_show how = {(size_t)options->top, difference};

	if (options->json)
		heap_show_json(heap, &how, analysis_ns);
	else
		heap_show_table(heap, &how);
}

static void command_heap_print_facts(const struct heap *heap)
{
	char pause[UNITS_TEXT];

	printf("Process %" PRId64 ", Python %s; it stood still for %s\n",
	    heap->pid, heap->python,
	    units_duration(pause, (double)heap->pause_ns / NS_PER_S));
}

static int show_once(const struct heap_options *options, pid_t pid)
{
	struct heap heap = {0};
	int64_t analysis_ns = 0;
	struct progress progress;
	struct waiting waiting;
	int status = COMMAND_OK;
	struct err e;

	progress = waiting_begin(&waiting, "counting objects");
	if (heap_take(&heap, pid, &progress, &analysis_ns, &e) != PYTHON_OK)
		status = COMMAND_FAILED;
	waiting_end(&waiting);
	if (status == COMMAND_OK && options->save &&
	    heap_file_write(&heap, options->save, &e) < 0)
		status = COMMAND_FAILED;
	if (status != COMMAND_OK) {
		command_fail(status, &e);
	} else {
		if (!options->json)
			command_heap_print_facts(&heap);
		command_heap_show(options, &heap, false, analysis_ns);
	}
	heap_finish(&heap);
	return status;
}

/* Prints "14:05:10: 30 s since the last reading, the program was stopped for 8
 * ms". */
static void print_when(const struct heap *before, const struct heap *after)
{
	char span[UNITS_TEXT], pause[UNITS_TEXT], clock[16] = "";
	time_t seconds = (time_t)(after->wall_ns / NS_PER_S);
	double span_s =
	    (double)(after->wall_ns - before->wall_ns) / (double)NS_PER_S;
	struct tm now;

	if (localtime_r(&seconds, &now))
		strftime(clock, sizeof(clock), "%H:%M:%S", &now);
	printf("%s: what came in %s; it stood still for %s\n", clock,
	    units_duration(span, span_s > 0 ? span_s : 0),
	    units_duration(pause, (double)after->pause_ns / NS_PER_S));
}

static void show_difference(const struct heap_options *options,
    const struct heap *before, const struct heap *after, int64_t analysis_ns)
{
	struct heap difference = {.pid = after->pid,
	    .wall_ns = after->wall_ns,
	    .pause_ns = after->pause_ns};

	memcpy(difference.python, after->python, sizeof(difference.python));
	heap_difference(before, after, &difference);
	if (!options->json)
		print_when(before, after);
	command_heap_show(options, &difference, true, analysis_ns);
	fflush(stdout);
	heap_finish(&difference);
}

static void wait_until(int64_t deadline_ns)
{
	struct timespec until = {
	    deadline_ns / NS_PER_S, deadline_ns % NS_PER_S};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
	       EINTR)
		;
}

enum heap_look {
	HEAP_LOOK_SHOWN,
	HEAP_LOOK_FAILED, /* the next one may do */
	HEAP_LOOK_ENDED
};

/* Why there is nothing to show. Whatever else it is than an end, of the process
 * or of its Python, the next look may do. */
static enum heap_look command_heap_explain(const struct heap_options *options,
    enum python_result result, pid_t pid, struct err *e)
{
	char every[UNITS_TEXT];

	if (result == PYTHON_GONE) {
		fprintf(stderr, "mprof: process %d: has ended\n", (int)pid);
		return HEAP_LOOK_ENDED;
	}
	if (result == PYTHON_NONE) {
		fprintf(stderr,
		    "mprof: process %d: has replaced its program, and runs no "
		    "Python any more\n",
		    (int)pid);
		return HEAP_LOOK_ENDED;
	}
	fprintf(stderr,
	    "mprof: %s; this reading failed, the next follows in %s\n", e->text,
	    units_duration(every, options->every_s));
	return HEAP_LOOK_FAILED;
}

/* When the process began, which tells one use of a pid from the next; 0 where
 * there is none. */
static uint64_t command_heap_began(pid_t pid)
{
	struct proc_stat stat;

	return procfs_stat_once(pid, &stat) == 0 ? stat.started : 0;
}

/* The process that is looked at. */
struct heap_process {
	pid_t pid;
	uint64_t began;
};

/* One look, and what came since the one before. */
static enum heap_look command_heap_look_again(
    const struct heap_options *options, const struct heap_process *process,
    struct heap *before)
{
	struct heap heap = {0};
	int64_t analysis_ns = 0;
	struct err e;
	enum python_result result =
	    heap_take(&heap, process->pid, NULL, &analysis_ns, &e);
	uint64_t now = command_heap_began(process->pid);

	/* Another one has its pid; one that has just ended has none. */
	if (now && now != process->began)
		result = PYTHON_GONE;
	if (result != PYTHON_OK) {
		heap_finish(&heap);
		return command_heap_explain(options, result, process->pid, &e);
	}
	show_difference(options, before, &heap, analysis_ns);
	heap_finish(before);
	*before = heap;
	return ferror(stdout) ? HEAP_LOOK_ENDED : HEAP_LOOK_SHOWN;
}

static int show_every(const struct heap_options *options, pid_t pid)
{
	int64_t every_ns = (int64_t)(options->every_s * NS_PER_S);
	int64_t deadline = clock_mono_ns(), ignored = 0;
	const struct heap_process process = {pid, command_heap_began(pid)};
	enum heap_look look = HEAP_LOOK_SHOWN;
	struct heap before = {0};
	long shown = 0;
	struct err e;

	if (heap_take(&before, pid, NULL, &ignored, &e) != PYTHON_OK) {
		heap_finish(&before);
		return command_fail(COMMAND_FAILED, &e);
	}
	while (look != HEAP_LOOK_ENDED &&
	       (!options->count || shown < options->count)) {
		deadline += every_ns;
		if (deadline < clock_mono_ns())
			deadline = clock_mono_ns();
		wait_until(deadline);
		look = command_heap_look_again(options, &process, &before);
		shown += look == HEAP_LOOK_SHOWN;
	}
	heap_finish(&before);
	return COMMAND_OK;
}

static int show_saved(const struct heap_options *options, char **paths)
{
	struct heap before = {0}, after = {0};
	int status = COMMAND_OK;
	struct err e;

	if (heap_file_read(&before, paths[0], &e) < 0 ||
	    heap_file_read(&after, paths[1], &e) < 0)
		status = command_fail(COMMAND_FAILED, &e);
	else
		show_difference(options, &before, &after, -1);
	heap_finish(&before);
	heap_finish(&after);
	return status;
}

static int check_words(const struct heap_options *options, int count)
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
		return COMMAND_OK;
	return command_fail(COMMAND_MISUSED, &e);
}

static int command_heap_exec(const void *values, char **words, int count)
{
	const struct heap_options *options = values;
	int status = check_words(options, count);
	struct target target;

	if (status != COMMAND_OK)
		return status;
	if (options->diff)
		return show_saved(options, words);
	status = target_init(&target, words[0]);
	if (status == COMMAND_OK)
		status = options->every_s > 0 ? show_every(options, target.pid)
					      : show_once(options, target.pid);
	target_finish(&target);
	return status;
}

const struct command command_heap = {
    .name = "heap",
    .synopsis = "[options] PID | NAME | --diff A B",
    .summary = "print the types of objects that a running Python program holds",
    .details = "The program needs no change. It is stopped for some "
	       "milliseconds, while its\n"
	       "memory is copied; the objects are counted in the copy. For "
	       "CPython 3.8 to\n"
	       "3.15.\n\n"
	       "Examples:\n"
	       "  mprof heap 4711\n"
	       "  mprof heap 4711 --every 30s\n"
	       "  mprof heap 4711 --save before.heap\n"
	       "  mprof heap --diff before.heap after.heap\n",
    .options = rows,
    .options_size = sizeof(struct heap_options),
    .defaults = &defaults,
    .takes = COMMAND_TAKES_PID,
    .run = command_heap_exec,
};
