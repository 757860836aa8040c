// SPDX-License-Identifier: MIT
#include "commands/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/utf8.h"
#include "base/units.h"
#include "cli/line_tables.h"
#include "cli/terminal.h"
#include "commands/command.h"
#include "input/recording_files.h"
#include "proc/namespace.h"
#include "python/agent/attached.h"
#include "python/agent_env.h"

static void stacks_hook_write(struct stacks_hook *hook,
    const struct sink_tick *tick, const struct sink_process *process,
    const struct stacks_sample *sample, const struct sink *sink)
{
	struct sink_stack stack = {.time_ns = tick->time_ns,
	    .kib = process->kib,
	    .pid = process->is_root ? 0 : process->pid,
	    .thread = sample->thread,
	    .id = sample->id,
	    .count = sample->len};

	hook->frames.len = 0;
	for (size_t i = 0; i < sample->len; i++)
		*array_push(&hook->frames) =
		    (struct sink_frame){.file = sample->frames[i].file,
			.function = sample->frames[i].function,
			.line = sample->frames[i].line};
	if (sample->len)
		stack.frames = hook->frames.items;
	sink->stack(sink->context, &stack);
}

static void stacks_hook_tick(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct stacks_hook *hook = context;
	struct stacks_sample sample;
	struct err e;

	if (!tick->sampled || !sink->stack)
		return;
	for (size_t i = 0; i < tick->count; i++) {
		const struct sink_process *process = &tick->processes[i];

		if (process->kib < 0)
			continue;
		if (stacks_sample(hook->stacks, process->pid, &sample))
			stacks_hook_write(hook, tick, process, &sample, sink);
		while (stacks_sample_other(hook->stacks, process->pid, &sample))
			stacks_hook_write(hook, tick, process, &sample, sink);
	}
	stacks_sweep(hook->stacks);
	while (stacks_notice(hook->stacks, &e))
		command_fail(COMMAND_FAILED, &e);
}

/* Reports causes of snapshots that were left out. */
static void snapshots_hook_tick(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct marks *marks = context;
	struct err e;

	(void)tick;
	(void)sink;
	while (marks->asks && snapshots_notice(&marks->snapshots, &e))
		command_fail(COMMAND_FAILED, &e);
}

static void stacks_hook_summary(const struct stacks_hook *hook)
{
	struct stacks_count count = stacks_count(hook->stacks);
	char in[UNITS_COUNT], times[UNITS_COUNT];

	if (!count.processes) {
		fputs("mprof: stacks: none, no process ran a Python that can "
		      "be read\n",
		    stderr);
		return;
	}
	fprintf(stderr, "mprof: stacks: %lu sampled in %s", count.taken,
	    units_count(in, count.processes, "process", "processes"));
	if (count.paused > 0)
		fprintf(stderr,
		    "; for %lu of them the thread was stopped for a moment",
		    count.paused);
	if (count.missing > 0)
		fprintf(stderr, "; %s uncertain, and left out",
		    units_count(
			times, count.missing, "reading was", "readings were"));
	fputc('\n', stderr);
}

/* Index of each hook in the plan, in the order of their calls. */
enum run_hook {
	HOOK_MARKS,
	HOOK_SNAPSHOTS,
	HOOK_STACKS,
	HOOK_ALLOCATIONS,
	HOOK_TOUCHED,
	HOOK_HELD,
	HOOK_TEXTFILE,
	HOOK_WATCH,
	HOOK_ATTACH,
	HOOK_SIZE,
	HOOKS
};
_Static_assert(
    (int)HOOKS <= (int)SAMPLER_HOOKS, "the sampler has a place for each");

/* Wait for the process to load the agent before a message says that it has
 * not. */
enum { ATTACH_WAIT_MS = 500 };

/* Directory of POSIX shared memory. */
#define SHARED_MEMORY "/dev/shm"
enum { TMPFS = 0x01021994 }; /* linux/magic.h, which musl's headers lack */

/* The directory of line tables, beside the mark file. The caller frees. */
static char *tables_path(const char *mark)
{
	return mem_format(
	    "%.*s.tables", (int)(strlen(mark) - strlen(MARKS_SUFFIX)), mark);
}

/* The directory of sampled allocations, in directory or (NULL) beside the mark
 * file. The caller frees. */
static char *allocations_path_in(const char *directory, const char *mark)
{
	const char *base = path_name(mark);

	if (!directory || base == mark)
		return mem_format("%.*s" ALLOCATIONS_SUFFIX,
		    (int)(strlen(mark) - strlen(MARKS_SUFFIX)), mark);
	return mem_format("%s/%.*s" ALLOCATIONS_SUFFIX, directory,
	    (int)(strlen(base) - strlen(MARKS_SUFFIX)), base);
}

/* In shared memory wherever possible: each forked process creates a table, and
 * a disk's journal would slow down forks. */
static char *allocations_path(const char *mark)
{
	struct statfs about;
	struct stat shared;
	bool in_memory =
	    statfs(marks_directory(), &about) == 0 && about.f_type == TMPFS;
	bool offered =
	    statfs(SHARED_MEMORY, &about) == 0 && about.f_type == TMPFS &&
	    stat(SHARED_MEMORY, &shared) == 0 && (shared.st_mode & S_ISVTX) &&
	    access(SHARED_MEMORY, W_OK | X_OK) == 0;

	return allocations_path_in(
	    !in_memory && offered ? SHARED_MEMORY : NULL, mark);
}

/* The path of a link to the recording: see python/agent/attached.h. The caller
 * frees. */
static char *run_hooks_link_path(const char *mark)
{
	return mem_format("%.*s" ATTACHED_SUFFIX,
	    (int)(strlen(mark) - strlen(MARKS_SUFFIX)), mark);
}

static void run_hooks_remove_link(const char *mark)
{
	char *path = run_hooks_link_path(mark);

	unlink(path);
	free(path);
}

/* Links to the recording: a program that has imported memory_profiler finds it
 * so. Without the link that program's calls aren't recorded. */
static void run_hooks_make_link(
    const struct run_hooks *hooks, const char *recording)
{
	char *target = realpath(recording, NULL);
	char *path;

	if (hooks->marks.path && target) {
		path = run_hooks_link_path(hooks->marks.path);
		if (symlink(target, path) != 0)
			unlink(path);
		free(path);
	}
	free(target);
}

static void remove_tables(const char *mark)
{
	char *path = tables_path(mark);

	run_hooks_remove_link(mark);
	snapshots_remove_left(mark);
	agent_tables_remove(path);
	free(path);
	path = allocations_path_in(NULL, mark);
	allocations_remove(path);
	free(path);
	path = allocations_path_in(SHARED_MEMORY, mark);
	allocations_remove(path);
	free(path);
}

/* A directory in shared memory is also removed where the mark file of its
 * killed recorder went with a temporary directory.
 *
 * Without a mark file the run is recorded without marks. The variable is
 * removed then, as it may name the mark file of a recording that this process
 * runs in. */
static void run_hooks_open_marks(
    struct run_hooks *hooks, struct sampler_plan *plan, pid_t watched)
{
	struct err ignored;

	marks_remove_left(marks_directory(), remove_tables);
	allocations_remove_left(SHARED_MEMORY);
	if (marks_open(&hooks->marks, getpid(), watched, &ignored) != 0) {
		unsetenv(MARKS_VARIABLE);
		return;
	}
	hooks->marks.precise = plan->interval_ns < NS_PER_S / 1000;
	plan->aside = &hooks->marks.snapshots.aside;
	plan->hooks[HOOK_MARKS] = marks_hook(&hooks->marks);
	plan->hooks[HOOK_SNAPSHOTS] =
	    (struct sampler_hook){.context = &hooks->marks,
		.tick = snapshots_hook_tick,
		.end = snapshots_hook_tick};
	if (!watched)
		setenv(MARKS_VARIABLE, hooks->marks.path, 1);
}

/* Without the directory each process prints its own tables, and those of a
 * killed process are lost. */
static void run_hooks_open_tables(struct run_hooks *hooks, bool lines)
{
	char *path;
	struct err e;

	if (!hooks->marks.path)
		return;
	path = tables_path(hooks->marks.path);
	if (agent_tables_open(&hooks->tables, path, &e) != 0 && lines)
		fprintf(stderr, "mprof: %s\n", e.text);
	free(path);
}

/* Without the directory stacks are sampled on the clock alone. */
static void run_hooks_open_allocations(
    struct run_hooks *hooks, struct sampler_plan *plan)
{
	struct err e;
	char *library = self_companion(AGENT_ENV_ALLOCATION_FILE, &e);
	bool missing = !library;

	free(library);
	if (!hooks->marks.path || missing)
		return;
	hooks->allocations_path = allocations_path(hooks->marks.path);
	hooks->allocations =
	    allocations_create(hooks->allocations_path, &hooks->sites, &e);
	if (!hooks->allocations) {
		fprintf(stderr, "mprof: %s\n", e.text);
		return;
	}
	plan->hooks[HOOK_ALLOCATIONS] = allocations_hook(hooks->allocations);
	hooks->held.allocations = hooks->allocations;
	hooks->held.means.roots = &hooks->sites.roots;
	hooks->held.means.files = &hooks->sites.files;
	plan->hooks[HOOK_HELD] = run_held_hook(&hooks->held);
}

/* If page faults can't be sampled, memory that no library hooks is known on
 * the clock at best. watched is 0 for a program that is launched. */
static void run_hooks_open_touched(
    struct run_hooks *hooks, struct sampler_plan *plan, pid_t watched)
{
	hooks->touched =
	    touched_create(watched, &hooks->sites, &hooks->touched_refused);
	if (!hooks->touched)
		return;
	plan->hooks[HOOK_TOUCHED] = touched_hook(hooks->touched);
	hooks->held.touched = hooks->touched;
	hooks->held.means.roots = &hooks->sites.roots;
	hooks->held.means.files = &hooks->sites.files;
	plan->hooks[HOOK_HELD] = run_held_hook(&hooks->held);
}

static int run_hooks_open_textfile(struct run_hooks *hooks,
    const char *directory, struct sampler_plan *plan, char *const *words,
    struct err *e)
{
	char *command = mem_join(words);

	hooks->textfile = textfile_create(directory, getpid(), command, e);
	free(command);
	if (!hooks->textfile)
		return -1;
	plan->names = true;
	plan->hooks[HOOK_TEXTFILE] = textfile_hook(hooks->textfile);
	return 0;
}

void run_hooks_report_size(struct run_hooks *hooks)
{
	const struct dat_writer *writer = hooks->writer;
	char *clean;

	if (!writer || hooks->troubles == writer->troubles)
		return;
	hooks->troubles = writer->troubles;
	if (!writer->trouble.text[0])
		return;
	clean = utf8_clean_copy(writer->path);
	fprintf(stderr, "mprof: %s: larger than --max-size: %s\n", clean,
	    writer->trouble.text);
	free(clean);
}

/* Reports at once if the recording can't be kept small. */
static void run_hooks_tick_size(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	(void)tick;
	(void)sink;
	run_hooks_report_size(context);
}

/* The recorded program gets the keyboard's input. */
static int run_hooks_watch(struct run_hooks *hooks, struct sampler_plan *plan,
    char *const *words, struct err *e)
{
	struct terminal terminal;
	char *command;

	terminal_read(&terminal, STDOUT_FILENO);
	if (!terminal.screen)
		return err_set(e, "--watch: standard output is not a terminal "
				  "that can be drawn on");
	command = mem_join(words);
	live_init(&hooks->live, false, command);
	live_measures(&hooks->live, plan);
	free(command);
	hooks->watching = true;
	plan->names = true;
	plan->hooks[HOOK_WATCH] = live_hook(&hooks->live);
	return 0;
}

/* Reports an answer; -1 with e where it is a refusal. */
static int run_hooks_report_answer(
    const struct run_hooks *hooks, const char *text, struct err *e)
{
	const struct agent_attach *attach = &hooks->attach;
	char *clean = utf8_clean_copy(text);
	int failed = 0;

	if (attach->states[AGENT_ATTACH_CALLS] == AGENT_ATTACH_REFUSED)
		failed = err_set(e, "process %d: the agent: %s",
		    (int)attach->exec.pid, clean);
	else if (!hooks->quiet)
		fprintf(stderr, "mprof: process %d: calls of %s are recorded\n",
		    (int)attach->exec.pid, clean);
	free(clean);
	return failed;
}

static void run_hooks_report_unsampled(const char *why)
{
	char *clean = utf8_clean_copy(why);

	fprintf(stderr,
	    "mprof: %s; what it holds is not known, growth is credited to the "
	    "code that runs when a sample is taken\n",
	    clean);
	free(clean);
}

/* Checks whether the process samples its allocations by now, or refuses. */
static bool run_hooks_check_sampled(struct run_hooks *hooks, int wait_ms)
{
	struct agent_attach *attach = &hooks->attach;
	char *text, *why;

	if (!agent_attach_poll(
		attach, AGENT_ATTACH_ALLOCATIONS, wait_ms, &text))
		return false;
	if (attach->states[AGENT_ATTACH_ALLOCATIONS] == AGENT_ATTACH_REFUSED) {
		why = mem_format("process %d: its allocations are not sampled, "
				 "%s",
		    (int)attach->exec.pid, text);
		run_hooks_report_unsampled(why);
		free(why);
	}
	free(text);
	return true;
}

static void run_hooks_tick_attach(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct run_hooks *hooks = context;
	char *text;
	struct err e;

	(void)tick;
	(void)sink;
	run_hooks_check_sampled(hooks, 0);
	if (!agent_attach_poll(&hooks->attach, AGENT_ATTACH_CALLS, 0, &text))
		return;
	if (run_hooks_report_answer(hooks, text, &e) != 0)
		command_fail(COMMAND_FAILED, &e);
	free(text);
}

static void run_hooks_report_waiting(pid_t pid, const char *what)
{
	fprintf(stderr,
	    "mprof: process %d: its main thread is not running Python code "
	    "now (it waits, or is in a library): %s once it does\n",
	    (int)pid, what);
}

/* Waits for the answer of a process that was asked. */
static int run_hooks_await(struct run_hooks *hooks, pid_t pid, struct err *e)
{
	char *text;
	int failed;

	if (!hooks->calls) {
		if (!run_hooks_check_sampled(hooks, ATTACH_WAIT_MS))
			run_hooks_report_waiting(
			    pid, "its allocations are sampled");
		return 0;
	}
	if (!agent_attach_poll(
		&hooks->attach, AGENT_ATTACH_CALLS, ATTACH_WAIT_MS, &text)) {
		run_hooks_report_waiting(pid, "calls are recorded");
		return 0;
	}
	failed = run_hooks_report_answer(hooks, text, e);
	free(text);
	return failed;
}

int run_hooks_attach(struct run_hooks *hooks, const struct run_options *options,
    const char *recording, pid_t pid, struct err *e)
{
	const struct agent_attach_wish wish = {.pid = pid,
	    .recording = hooks->calls ? recording : NULL,
	    .tables = hooks->tables.directory,
	    .names = options->functions,
	    .lines = options->lines,
	    .allocations = hooks->allocations ? hooks->allocations_path : NULL};

	run_hooks_make_link(hooks, recording);
	if (!hooks->calls && !hooks->allocations)
		return 0;
	if (agent_attach_begin(&hooks->attach, &wish, e) == 0)
		return run_hooks_await(hooks, pid, e);
	if (hooks->calls)
		return -1;
	run_hooks_report_unsampled(e->text);
	return 0;
}

void run_hooks_detach(struct run_hooks *hooks)
{
	struct err e;

	if (hooks->marks.path)
		run_hooks_remove_link(hooks->marks.path);
	if (hooks->attached && agent_attach_end(&hooks->attach, &e) != 0)
		command_fail(COMMAND_FAILED, &e);
}

int run_hooks_init(struct run_hooks *hooks, const struct run_options *options,
    struct sampler_plan *plan, char *const *words, pid_t watched, struct err *e)
{
	bool samples = options->stacks &&
		       (!options->attach ||
			   (watched > 0 && remote_exec_is_offered(watched)));

	*hooks = (struct run_hooks){.marks.fd = -1, .samples = options->stacks};
	hooks->quiet = options->quiet;
	hooks->attached = watched != 0;
	hooks->calls = options->lines || options->python || options->functions;
	run_hooks_open_marks(hooks, plan, watched);
	if (hooks->calls || (options->attach && samples))
		run_hooks_open_tables(hooks, options->lines);
	if (watched && hooks->tables.directory)
		plan->hooks[HOOK_ATTACH] = (struct sampler_hook){
		    .context = hooks, .tick = run_hooks_tick_attach};
	if (options->max_size_mib > 0)
		plan->hooks[HOOK_SIZE] = (struct sampler_hook){
		    .context = hooks, .tick = run_hooks_tick_size};
	if (options->stacks && !namespace_has_proc()) {
		fputs("mprof: --stacks: left out, /proc is another pid "
		      "namespace's; mount this one's: mount -t proc proc "
		      "/proc\n",
		    stderr);
	} else if (options->stacks) {
		hooks->stacks.stacks = stacks_create();
		plan->hooks[HOOK_STACKS] = (struct sampler_hook){
		    .context = &hooks->stacks, .tick = stacks_hook_tick};
	}
	if (samples)
		run_hooks_open_allocations(hooks, plan);
	if (hooks->allocations && watched)
		allocations_attach(hooks->allocations);
	/* A group that is attached to may have no process yet. */
	if (options->stacks && (watched > 0 || !options->attach))
		run_hooks_open_touched(hooks, plan, watched);
	if (options->textfile && run_hooks_open_textfile(hooks,
				     options->textfile, plan, words, e) != 0)
		return -1;
	return options->watch ? run_hooks_watch(hooks, plan, words, e) : 0;
}

static void run_hooks_finish_samples(struct run_hooks *hooks)
{
	stacks_destroy(hooks->stacks.stacks);
	array_free(&hooks->stacks.frames);
	run_held_finish(&hooks->held);
	allocations_destroy(hooks->allocations);
	touched_destroy(hooks->touched);
	sites_finish(&hooks->sites);
	free(hooks->allocations_path);
	hooks->touched = NULL;
	hooks->allocations = NULL;
	hooks->allocations_path = NULL;
}

void run_hooks_finish(struct run_hooks *hooks)
{
	run_hooks_detach(hooks);
	if (hooks->tables.directory)
		agent_tables_close(&hooks->tables);
	marks_close(&hooks->marks);
	if (hooks->textfile)
		textfile_destroy(hooks->textfile);
	if (hooks->watching)
		live_finish(&hooks->live);
	hooks->watching = false;
	hooks->textfile = NULL;
	if (hooks->samples)
		run_hooks_finish_samples(hooks);
}

void run_hooks_tables(struct run_hooks *hooks)
{
	if (!hooks->tables.directory)
		return;
	agent_tables_collect(&hooks->tables);
	line_tables_print(&hooks->tables);
}

static bool run_hooks_has_touched(const struct run_hooks *hooks)
{
	return hooks->touched && touched_count(hooks->touched).samples > 0;
}

/* needed: there is memory that only page faults explain. */
static void run_hooks_report_touched(const struct run_hooks *hooks, bool needed)
{
	struct touched_count count = {0};
	char text[UNITS_COUNT];

	if (hooks->touched)
		count = touched_count(hooks->touched);
	else if (needed && *hooks->touched_refused.text)
		fprintf(stderr, "mprof: touched: not known, %s\n",
		    hooks->touched_refused.text);
	if (count.samples > 0 && needed)
		fprintf(stderr, "mprof: touched: sampled from outside; mprof "
				"lines shows which code made memory grow\n");
	if (count.lost > 0)
		fprintf(stderr,
		    "mprof: touched: %s came too quickly and are missing\n",
		    units_count(text, count.lost, "page fault", "page faults"));
	if (count.died)
		fputs("mprof: touched: the process that unwinds stacks ended "
		      "early; growth after that is missing\n",
		    stderr);
}

static void run_hooks_report_snapshots(const struct snapshots *snapshots)
{
	char count[UNITS_COUNT];

	if (snapshots->taken > 0)
		fprintf(stderr,
		    "mprof: heap: %s; mprof heap --around MARK compares them\n",
		    units_count(
			count, snapshots->taken, "snapshot", "snapshots"));
	if (snapshots->left_out > SNAPSHOTS_NOTICES)
		fprintf(stderr, "mprof: heap: %s left out in total\n",
		    units_count(count, snapshots->left_out, "snapshot was",
			"snapshots were"));
}

void run_hooks_summary(const struct run_hooks *hooks)
{
	size_t sampled =
	    hooks->allocations ? allocations_processes(hooks->allocations) : 0;
	size_t unseen =
	    hooks->allocations ? allocations_unseen(hooks->allocations) : 0;
	char count[UNITS_COUNT];

	if (hooks->marks.asks)
		run_hooks_report_snapshots(&hooks->marks.snapshots);
	if (sampled > 0)
		fprintf(stderr,
		    "mprof: allocations: sampled in %s; mprof lines shows "
		    "which code holds memory\n",
		    units_count(count, sampled, "process", "processes"));
	if (unseen > 0)
		fprintf(stderr,
		    "mprof: allocations: not sampled, or not all, in %s; mprof "
		    "lines says why\n",
		    units_count(count, unseen, "process", "processes"));
	run_hooks_report_touched(
	    hooks, unseen > 0 || !hooks->allocations || hooks->attached);
	if (hooks->stacks.stacks &&
	    ((!hooks->allocations && !run_hooks_has_touched(hooks)) ||
		stacks_count(hooks->stacks.stacks).processes > 0))
		stacks_hook_summary(&hooks->stacks);
	else if (hooks->allocations && sampled == 0 && unseen == 0 &&
		 !hooks->attached)
		fputs("mprof: allocations: none was sampled: the program "
		      "allocated too little, or did not load the library\n",
		    stderr);
	if (hooks->calls && !agent_tables_loaded(&hooks->tables))
		fputs("mprof: @profile: no process is known to have loaded the "
		      "agent; env -i, sudo or a static program prevents that\n",
		    stderr);
}

void run_hooks_warn(const struct run_hooks *hooks, int status)
{
	if (hooks->allocations && WIFSIGNALED(status) &&
	    WTERMSIG(status) == SIGSYS)
		fputs("mprof: a filter of system calls (seccomp) forbade a "
		      "call, which may be one that sampling made: see whether "
		      "the program ends so without --stacks\n",
		    stderr);
}

static const struct profiles_options reading = {0};

int run_hooks_prepare_check(const struct run_options *options, struct err *e)
{
	if (!options->check_asked)
		return 0;
	return check_prepare(&options->check, &reading, e);
}

int run_hooks_check(const struct run_options *options, const char *path)
{
	struct recording_set side = {0};
	struct err e;
	int status;

	if (recording_files_add_one(&side, path, &reading, &e) != 0) {
		status = command_fail(COMMAND_TROUBLE, &e);
	} else {
		recording_set_keep_last(&side);
		status = check_side(&options->check, &reading, &side, stderr);
	}
	recording_set_finish(&side);
	return status;
}
