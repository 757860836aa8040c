// SPDX-License-Identifier: MIT
#include "commands/refs_grown.h"
#include "commands/refs_one.h"
#include "commands/refs_sum.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/terminal.h"
#include "commands/command.h"
#include "commands/command_picture.h"
#include "input/target.h"
#include "input/workers.h"
#include "render/formats.h"

#define REFERRERS_DEPTH 10
#define REFERENTS_DEPTH 3
#define DEPTH_MAX 1000

struct refs_options {
	long depth, count;
	bool referents, json, children, sum, only, grown;
	const char *output, *theme, *one;
};

static const char *const themes[] = {"light", "dark", NULL};

static struct option_value refs_format_at(size_t at)
{
	const struct render_format *format = format_nth(RENDER_GRAPH, at);

	return (struct option_value){.name = format ? format->name : NULL};
}

static const struct option_row rows[] = {
    {.name = "depth",
	.arg = "N",
	.help = "print at most N objects of each chain (default 10; 3 with "
		"--referents and --one)",
	.parse = option_whole,
	.offset = offsetof(struct refs_options, depth),
	.ours = true},
    {.name = "count",
	.arg = "N",
	.help = "print the first N chains (default 10); 0: all of them",
	.parse = option_whole,
	.offset = offsetof(struct refs_options, count),
	.ours = true},
    {.name = "referrers",
	.help = "print what refers to them, and so keeps them alive (default)",
	.parse = option_off,
	.offset = offsetof(struct refs_options, referents),
	.ours = true},
    {.name = "referents",
	.help = "print the objects that they refer to",
	.parse = option_flag,
	.offset = offsetof(struct refs_options, referents),
	.ours = true},
    {.name = "one",
	.arg = "N",
	.help = "print what refers to one object and what it refers to; N is "
		"its number among those of the type, from 0, or its address",
	.parse = option_text,
	.offset = offsetof(struct refs_options, one),
	.ours = true},
    {.name = "grown",
	.help = "print the places that hold more objects in B than in A, two "
		"files of heap --save, and still hold them",
	.parse = option_flag,
	.offset = offsetof(struct refs_options, grown),
	.ours = true},
    {.name = "children",
	.help = "read each descendant that does the work, one after another",
	.parse = option_flag,
	.offset = offsetof(struct refs_options, children),
	.ours = true},
    {.name = "sum",
	.help = "with --children: add them up: chains that differ only in "
		"indices, keys and values are one",
	.parse = option_flag,
	.offset = offsetof(struct refs_options, sum),
	.ours = true},
    {.name = "only",
	.help = "read the process itself, even if a descendant does the work",
	.parse = option_flag,
	.offset = offsetof(struct refs_options, only),
	.ours = true},
    {.letter = 'o',
	.name = "output",
	.arg = "FILE",
	.help = "draw the result, in the format of its extension: {}",
	.parse = option_text,
	.choice_at = refs_format_at,
	.offset = offsetof(struct refs_options, output),
	.ours = true},
    {.name = "theme",
	.arg = "NAME",
	.help = "{}",
	.parse = option_choice,
	.offset = offsetof(struct refs_options, theme),
	.choices = themes,
	.ours = true},
    {.name = "json",
	.help = "print JSON",
	.parse = option_flag,
	.offset = offsetof(struct refs_options, json),
	.ours = true},
    {0}};

static const struct refs_options defaults = {.count = 10, .theme = "light"};

static int refs_write_graph(struct graph *graph, const char *path,
    const struct render_format *format, const struct refs_options *options,
    struct err *e)
{
	struct render_request request = {.graph = graph,
	    .format = format,
	    .scale = 1,
	    .theme =
		strcmp(options->theme, "dark") ? PALETTE_LIGHT : PALETTE_DARK};

	return command_picture_write(&request, path, e);
}

/* Without the layouter, Graphviz's program can draw the picture later from
 * refs.dot, written in place of refs.svg. As the picture is missing, this is
 * still a failure. */
static int refs_write_dot_instead(struct graph *graph, const char *picture,
    const struct refs_options *options, const struct err *cause)
{
	const struct render_format *dot = format_find("dot", RENDER_GRAPH);
	size_t stem = strlen(options->output) - strlen(picture);
	char *path = mem_format("%.*sdot", (int)stem, options->output);
	struct err e;

	if (refs_write_graph(graph, path, dot, options, &e) == 0)
		err_set(&e, "%s; wrote %s instead, which dot -T%s draws",
		    cause->text, path, picture);
	free(path);
	return command_fail(COMMAND_FAILED, &e);
}

static int command_refs_draw(
    const struct refs *refs, const struct refs_options *options)
{
	struct err e;
	const struct render_format *format =
	    format_of_path(options->output, RENDER_GRAPH, &e);
	struct graph graph = {0};
	int status = COMMAND_OK;

	if (refs->one)
		refs_one_draw(refs, &graph);
	else
		refs_draw(refs, &graph);
	if (format->render == render_picture && !picture_can_draw_graphs(&e))
		status =
		    refs_write_dot_instead(&graph, format->name, options, &e);
	else if (refs_write_graph(
		     &graph, options->output, format, options, &e) != 0)
		status = command_fail(COMMAND_FAILED, &e);
	graph_finish(&graph);
	return status;
}

static int command_refs_show(
    const struct refs_options *options, pid_t pid, const char *word)
{
	struct refs refs = {.referents = options->referents,
	    .count = (size_t)options->count,
	    .one = options->one,
	    .depth = (uint32_t)options->depth};
	int status = COMMAND_OK, got;
	struct progress progress;
	struct waiting waiting;
	struct err e;

	if (!refs.depth)
		refs.depth = refs.referents || refs.one ? REFERENTS_DEPTH
							: REFERRERS_DEPTH;
	progress = waiting_begin(&waiting, "looking for references");
	got = refs_scan(&refs, pid, &progress, &e);
	if (got == 0) {
		got = refs_find(&refs, word, &e);
		if (got != 0)
			refs_finish(&refs);
	}
	waiting_end(&waiting);
	if (got != 0)
		return command_fail(COMMAND_FAILED, &e);
	if (options->output)
		status = command_refs_draw(&refs, options);
	else if (options->json)
		refs_write_json(&refs);
	else
		refs_print(&refs);
	refs_finish(&refs);
	return status;
}

static int command_refs_check(const struct refs_options *options, int count)
{
	struct err e;

	if (options->grown && (count < 3 || count > 4))
		err_set(&e,
		    "refs: --grown takes a process, a type or none, and "
		    "two files of heap --save: mprof refs 4711 --grown "
		    "a.heap b.heap");
	else if (options->grown && (options->one || options->referents ||
				       options->output || options->children))
		err_set(&e,
		    "refs: --grown prints text or, with --json, JSON of "
		    "one process: leave the other options out");
	else if (!options->grown && count != 2)
		err_set(&e, "refs: takes a process and a type: mprof refs "
			    "4711 Lesson");
	else if (options->depth > DEPTH_MAX)
		err_set(&e, "refs: --depth is at most %d", DEPTH_MAX);
	else if (options->output && options->json)
		err_set(
		    &e, "refs: --json prints, --output draws: leave one out");
	else if (options->one && (options->referents || options->children))
		err_set(&e,
		    "refs: --one shows a single object, with both its "
		    "referrers and its referents: leave %s out",
		    options->referents ? "--referents" : "--children");
	else if (options->children && (options->only || options->output))
		err_set(&e, "refs: --children prints several processes; leave "
			    "--only and --output out");
	else if (options->sum && (!options->children || options->referents))
		err_set(&e, options->children
				? "refs: --sum adds up reference chains: "
				  "leave --referents out"
				: "refs: --sum needs --children");
	else if (!options->output ||
		 format_of_path(options->output, RENDER_GRAPH, &e))
		return COMMAND_OK;
	return command_fail(COMMAND_MISUSED, &e);
}

static int command_refs_sum(const struct refs_options *options,
    const struct workers *workers, const char *word)
{
	const struct refs_sum_request request = {.pids = workers->pids.items,
	    .len = workers->pids.len,
	    .asked = workers->asked,
	    .word = word,
	    .count = (size_t)options->count,
	    .depth =
		options->depth ? (uint32_t)options->depth : REFERRERS_DEPTH,
	    .json = options->json};
	struct err e;

	return refs_sum_show(&request, &e) == 0
		   ? COMMAND_OK
		   : command_fail(COMMAND_FAILED, &e);
}

/* Shows the first of the workers, or each of them with --children. */
static int command_refs_each(const struct refs_options *options,
    const struct workers *workers, const char *word)
{
	size_t len = workers->pids.len;
	int status = COMMAND_OK;

	for (size_t i = 0; i < len && (i == 0 || options->children); i++) {
		int got;

		if (i && !options->json)
			putchar('\n');
		got = command_refs_show(options, workers->pids.items[i], word);
		status = status == COMMAND_OK ? got : status;
	}
	return status;
}

/* Shows the process that does the work, or each of them. */
static int command_refs_open(
    const struct refs_options *options, pid_t pid, const char *word)
{
	struct workers workers = {0};
	struct err e;
	int status;

	if (options->only)
		return command_refs_show(options, pid, word);
	if (workers_find(&workers, pid, &e) != 0)
		return command_fail(COMMAND_TROUBLE, &e);
	if (!options->children)
		workers_explain(&workers);
	status = options->sum ? command_refs_sum(options, &workers, word)
			      : command_refs_each(options, &workers, word);
	workers_finish(&workers);
	return status;
}

static bool command_refs_has(const struct workers *workers, int64_t pid)
{
	for (size_t i = 0; i < workers->pids.len; i++)
		if (workers->pids.items[i] == pid)
			return true;
	return workers->asked == pid;
}

/* The files tell their process: the named one, or one that does its work. */
static int command_refs_grown(
    const struct refs_options *options, pid_t pid, char **argv, int count)
{
	const struct refs_grown_show show = {.word = count > 3 ? argv[1] : NULL,
	    .count = (size_t)options->count,
	    .json = options->json};
	struct refs_grown grown = {.before = {.pid = 0}};
	struct workers workers = {0};
	struct err e;
	int got;

	if (workers_find(&workers, pid, &e) != 0)
		return command_fail(COMMAND_TROUBLE, &e);
	got = refs_grown_read(&grown, argv + count - 2, &e);
	if (got == 0 && !command_refs_has(&workers, grown.after.pid))
		got = err_set(&e, "%s: is of process %lld, not of %d",
		    argv[count - 1], (long long)grown.after.pid, (int)pid);
	if (got == 0)
		got = refs_grown_print(&grown, &show, &e);
	refs_grown_finish(&grown);
	workers_finish(&workers);
	return got == 0 ? COMMAND_OK : command_fail(COMMAND_FAILED, &e);
}

static int command_refs_exec(const void *values, char **argv, int count)
{
	const struct refs_options *options = values;
	int status = command_refs_check(options, count);
	struct target target;

	if (status != COMMAND_OK)
		return status;
	status = target_init(&target, argv[0]);
	if (status == COMMAND_OK && options->grown)
		status = command_refs_grown(options, target.pid, argv, count);
	else if (status == COMMAND_OK)
		status = command_refs_open(options, target.pid, argv[1]);
	target_finish(&target);
	return status;
}

const struct command command_refs = {
    .name = "refs",
    .synopsis = "[options] PID|NAME TYPE | PID|NAME [TYPE] --grown A B",
    .summary = "show what keeps objects of a type alive in a Python program",
    .details = "The program needs no changes. mprof stops it for some "
	       "milliseconds to copy its\n"
	       "memory. It reads CPython 3.8 to 3.15.\n"
	       "\n"
	       "Examples:\n"
	       "  mprof heap 4711                       which types?\n"
	       "  mprof refs 4711 Lesson                who holds them?\n"
	       "  mprof refs 4711 courses.models.Lesson -o refs.svg\n"
	       "  mprof refs --referents 4711 Lesson    what do they hold?\n"
	       "  mprof refs 4711 Lesson --one 3        and that one?\n"
	       "  mprof refs gunicorn Lesson --children --sum\n"
	       "  mprof refs 4711 --grown a.heap b.heap  where do they grow?\n",
    .options = rows,
    .options_size = sizeof(struct refs_options),
    .defaults = &defaults,
    .takes = COMMAND_TAKES_PID,
    .run = command_refs_exec,
};
