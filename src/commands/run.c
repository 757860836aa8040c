// SPDX-License-Identifier: MIT
#include "commands/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "cli/run_summary.h"
#include "commands/command.h"
#include "dat/name.h"
#include "commands/run_with.h"
#include "input/program.h"
#include "input/python_source.h"
#include "input/target.h"
#include "python/agent_env.h"
#include "proc/cgroup_scope.h"
#include "proc/static.h"
#include "proc/usage.h"
#include "recorder/dat_sink.h"

#define INTERVAL_MIN_S 10e-6
#define INTERVAL_MAX_S 86400
#define INTERVAL_S 0.1
#define INTERVAL_STACKS_S 0.01
#define MAX_SIZE_LEAST_MIB (100.0 / 1024)

enum { ROTATE_MOST = 1000 };

static int parse_interval(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	double interval_s;

	if (option_duration(row, text, &interval_s, e) != 0)
		return -1;
	if (interval_s < INTERVAL_MIN_S || interval_s > INTERVAL_MAX_S)
		return err_set(e,
		    "option --%s: %s: must be between 10us and 1d", row->name,
		    text);
	*(double *)where = interval_s;
	return 0;
}

static int parse_max_size(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	double mib;

	if (option_size(row, text, &mib, e) != 0)
		return -1;
	if (mib < MAX_SIZE_LEAST_MIB)
		return err_set(e, "option --%s: %s: must be at least 100KiB",
		    row->name, text);
	*(double *)where = mib;
	return 0;
}

static int parse_rotate(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	long count;

	if (option_whole(row, text, &count, e) != 0)
		return -1;
	if (count < 1 || count > ROTATE_MOST)
		return err_set(e, "option --%s: %s: must be from 1 to %d",
		    row->name, text, ROTATE_MOST);
	*(long *)where = count;
	return 0;
}

static struct option_value metric_value_at(size_t at)
{
	const struct metric *metric = metric_at(at);

	if (!metric)
		return (struct option_value){0};
	return (struct option_value){
	    metric->measure->name, metric->measure->help};
}

static int parse_metric(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	const struct metric *metric = metric_find(text);

	if (metric) {
		*(const struct metric **)where = metric;
		return 0;
	}
	if (strcmp(text, "tracemalloc") == 0)
		return err_set(e,
		    "option --%s: tracemalloc sees only what Python itself "
		    "allocates, from within; --backend anon comes closest, and "
		    "mprof lines shows which line allocates",
		    row->name);
	return options_refuse(row, text, e);
}

static int run_options_parse_share(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	char *end;
	double percent = strtod(text, &end);

	if (end == text || (*end && strcmp(end, "%") != 0) ||
	    !(percent > 0 && percent <= 100))
		return err_set(e,
		    "option --%s: %s: must be a percentage above 0, as in 1%%",
		    row->name, text);
	*(double *)where = percent / 100;
	return 0;
}

static struct option_value run_options_action_at(size_t at)
{
	return (struct option_value){
	    .name = at < LIMIT_ACTIONS ? limit_action_name(at) : NULL};
}

static int run_options_parse_action(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	for (enum limit_action at = 0; at < LIMIT_ACTIONS; at++) {
		if (strcmp(limit_action_name(at), text) == 0) {
			*(enum limit_action *)where = at;
			return 0;
		}
	}
	return options_refuse(row, text, e);
}

static const char *const waits[] = {"program", "all", NULL};

#define AT(member) .offset = offsetof(struct run_options, member)

static const struct option_row run_option_rows[] = {
    {.name = "python",
	.help = "treat the program as Python, or as a script that starts "
		"Python, and record the calls of functions with @profile; with "
		"attach: record the calls of the --func functions, without a "
		"restart (CPython 3.14 and later)",
	.parse = option_flag,
	AT(python)},
    {.name = "nopython",
	.help = "run script.py directly, not with python3",
	.parse = option_flag,
	AT(no_python)},
    {.name = "lines",
	.help = "at the end, print how much memory each line took in the "
		"functions with @profile or named by --func",
	.parse = option_flag,
	AT(lines),
	.ours = true},
    {.name = "func",
	.arg = "NAMES",
	.help = "with attach: record these functions, such as "
		"app.views.lessons (with --python or --lines, by default all "
		"that the main program defines)",
	.parse = option_text,
	AT(functions),
	.ours = true},
    {.name = "stacks",
	.help = "record which code holds memory, or touches it first, in "
		"native programs and Python; with attach, only from then on: "
		"which holds it in CPython 3.14 and later, and which touches "
		"it in other programs; samples every 10ms unless -T is given",
	.parse = option_flag,
	AT(stacks),
	.ours = true},
    {.name = "native",
	.help =
	    "like --stacks, but also record the C frames below each line of "
	    "Python that creates Python objects, for mprof lines --native",
	.parse = option_flag,
	AT(native),
	.ours = true},
    {.letter = 'T',
	.name = "interval",
	.arg = "DURATION",
	.help = "time between samples: 0.5 (seconds), 10ms, 1m (default 0.1)",
	.parse = parse_interval,
	AT(interval_s)},
    {.letter = 'C',
	.name = "include-children",
	.help =
	    "the total is the sum of the program and its descendants (default)",
	.parse = option_flag,
	AT(children)},
    {.name = "no-children",
	.help = "the total is the program alone",
	.parse = option_off,
	AT(children),
	.ours = true},
    {.letter = 'M',
	.name = "multiprocess",
	.help = "also record each descendant on its own",
	.parse = option_flag,
	AT(each)},
    {.letter = 'E',
	.name = "exit-code",
	.help = "exit with the program's status (default)",
	.parse = option_flag,
	AT(exit_code)},
    {.name = "no-exit-code",
	.help = "exit with 0 whatever the program's status is",
	.parse = option_off,
	AT(exit_code),
	.ours = true},
    {.name = "allow-loss",
	.help = "exit with 0 even if part or all of the recording was lost",
	.parse = option_flag,
	AT(allow_loss),
	.ours = true},
    {.letter = 'a',
	.name = "attach",
	.help = "record a running process, given by its pid or name",
	.parse = option_flag,
	AT(attach)},
    {.name = "wait-for",
	.help = "with --attach: wait until a process of that name exists; the "
		"wait counts towards --timeout",
	.parse = option_flag,
	AT(wait_for),
	.ours = true},
    {.name = "scope",
	.help = "run the program in a control group of its own, if that is "
		"allowed, and record what the kernel charges to it, including "
		"page cache and kernel memory",
	.parse = option_flag,
	AT(scope),
	.ours = true},
    RUN_GROUP_ROWS(struct run_options, group, "with attach: ", "record"),
    {.letter = 't',
	.name = "timeout",
	.arg = "DURATION",
	.help = "stop recording after this time; the program keeps running",
	.parse = option_duration,
	AT(timeout_s)},
    {.letter = 'o',
	.name = "output",
	.arg = "FILE",
	.help = "append to FILE; in its name, %h stands for the host, %p for "
		"the process id, %t for the start time, %r for the MPI rank, "
		"%q{VAR} for an environment variable (default "
		"mprofile_<YYYYMMDDhhmmss>.dat)",
	.parse = option_text,
	AT(output)},
    {.name = "max-size",
	.arg = "SIZE",
	.help = "keep the recording below SIZE by thinning its older part to "
		"the lowest and the highest sample of each stretch of time",
	.parse = parse_max_size,
	AT(max_size_mib),
	.ours = true},
    {.name = "rotate",
	.arg = "COUNT",
	.help = "with --max-size: start a new file instead of thinning, and "
		"keep COUNT older ones; FILE.1 is the newest of them",
	.parse = parse_rotate,
	AT(rotate),
	.ours = true},
    {.name = "backend",
	.arg = "NAME",
	.help = "what to measure (default rss); memory_profiler's names "
		"psutil, posix, psutil_pss and psutil_uss are accepted too",
	.parse = parse_metric,
	.choice_at = metric_value_at,
	AT(metric)},
    {RUN_WITH_FIELDS(struct run_options, with, "record")},
    {.letter = 'q',
	.name = "quiet",
	.help = "print only warnings and errors",
	.parse = option_flag,
	AT(quiet),
	.ours = true},
    {.name = "wait",
	.arg = "WHOM",
	.help = "record until the program has ended, or all of its descendants "
		"have: {} (default program)",
	.parse = option_choice,
	AT(wait),
	.choices = waits,
	.ours = true},
    {.name = "no-adopt",
	.help = "leave orphaned descendants to init; some will be missing from "
		"the recording",
	.parse = option_off,
	AT(adopt),
	.ours = true},
    {.name = "limit",
	.arg = "SIZE",
	.help = "take the --on-limit action when the total exceeds SIZE, and "
		"exit with 124",
	.parse = option_size,
	AT(limit_mib),
	.ours = true},
    {.name = "on-limit",
	.arg = "ACTION",
	.help = "what to do at the --limit with all processes of the program: "
		"{} (default term); mark only writes a mark",
	.parse = run_options_parse_action,
	AT(on_limit),
	.choice_at = run_options_action_at,
	.ours = true},
    {.name = "max-overhead",
	.arg = "PERCENT",
	.help = "lengthen the interval if sampling takes more than this share "
		"of a processor",
	.parse = run_options_parse_share,
	AT(max_overhead),
	.ours = true},
    {.name = "skip-unchanged",
	.help = "write only the first and the last of equal samples in a row",
	.parse = option_flag,
	AT(skip_unchanged),
	.ours = true},
    {.name = "watch",
	.help =
	    "draw a live chart in the terminal, for programs that don't use it",
	.parse = option_flag,
	AT(watch),
	.ours = true},
    {.name = "textfile",
	.arg = "DIR",
	.help = "keep a file in DIR with the current and the peak memory, for "
		"Prometheus' node_exporter",
	.parse = option_text,
	AT(textfile),
	.ours = true},
    {.name = "check",
	.help = "at the end, check the conditions below as mprof check does, "
		"and exit with 1 if one is not met",
	.parse = option_flag,
	AT(check_asked),
	.ours = true},
    CHECK_ROWS(struct run_options, check),
    {0},
};

static const struct run_options run_option_defaults = {
    .children = true,
    .exit_code = true,
    .adopt = true,
    .wait = "program",
    .on_limit = LIMIT_TERM,
    .check.conditions.tolerance = CHECK_TOLERANCE,
};

static double interval_of(const struct run_options *options)
{
	if (options->interval_s > 0)
		return options->interval_s;
	return options->stacks ? INTERVAL_STACKS_S : INTERVAL_S;
}

/* With --scope the control group is measured, unless each process or the
 * program alone was asked for. */
static const struct metric *run_options_metric(
    const struct run_options *options)
{
	bool as_one = options->scope && options->children && !options->each;

	if (options->metric)
		return options->metric;
	return metric_find(as_one ? "cgroup" : "rss");
}

/* Fills the sampler's plan. -1 with e where options contradict each other. */
static int run_options_plan(
    const struct run_options *options, struct sampler_plan *plan, struct err *e)
{
	*plan = (struct sampler_plan){
	    .interval_ns = (int64_t)(interval_of(options) * NS_PER_S + 0.5),
	    .timeout_ns = (int64_t)(options->timeout_s * NS_PER_S),
	    .metric = run_options_metric(options),
	    .alone = !options->children,
	    .no_descendants = !options->children && !options->each,
	    .exits = options->each,
	    .wait_all = strcmp(options->wait, "all") == 0,
	    .launched = !options->attach,
	    .adopts = options->adopt && !options->attach,
	    .with = options->with,
	    .max_overhead = options->max_overhead,
	    .limit_kib = (int64_t)(options->limit_mib * 1024),
	    .on_limit = options->on_limit,
	};
	if (plan->metric->file == METRIC_CGROUP || options->scope)
		plan->with |= USAGE_OF_GROUP;
	if (plan->wait_all)
		plan->no_descendants = false;
	if (plan->metric->file == METRIC_CGROUP &&
	    (options->each || !options->children))
		return err_set(e,
		    "option --backend: cgroup measures all processes of a "
		    "group as one; leave out -M and --no-children");
	return 0;
}

/* All state of one recording. */
struct run_session {
	const struct run_options *options;
	struct sampler_plan plan;
	struct program program; /* the program to launch */
	struct agent_env agent; /* environment of the program, for @profile */
	struct cgroup_scope scope; /* control group that it is launched in */
	struct target target;      /* process to attach to */
	struct dat_sink recording;
	struct run_hooks hooks;
	struct sampler *sampler; /* NULL: not possible here */
	struct launch launch;
	struct sampler_result result;
	struct share
	    share; /* PSS near the peak; processes 0: nothing to report */
};

static void run_report_output(const char *asked, const char *path)
{
	char clean[2][4096];

	if (strcmp(asked, path) == 0)
		return;
	utf8_clean(clean[0], sizeof(clean[0]), asked);
	utf8_clean(clean[1], sizeof(clean[1]), path);
	fprintf(stderr,
	    "mprof: %s: another mprof records into it; this run goes to %s\n",
	    clean[0], clean[1]);
}

static int bound_output(struct run_session *session, struct err *e)
{
	const struct run_options *options = session->options;
	struct dat_writer *writer = &session->recording.writer;
	size_t most = (size_t)(options->max_size_mib * (1 << 20));
	int result = options->rotate ? dat_writer_bound_files(writer, most,
					   (unsigned)options->rotate, e)
				     : dat_writer_bound(writer, most, e);

	if (result != 0)
		dat_writer_discard(writer);
	return result;
}

static int open_output(struct run_session *session, struct err *e)
{
	const struct run_options *options = session->options;
	struct dat_sink *recording = &session->recording;
	int64_t start_s = clock_wall_ns() / NS_PER_S;
	char *path;
	int result;

	dat_sink_init(recording);
	if (!options->each)
		recording->sink.introduce = NULL;
	if (!options->output) {
		result =
		    dat_writer_open_default(&recording->writer, start_s, e);
	} else {
		path = dat_name_expand(options->output,
		    session->target.pid > 0 ? session->target.pid : getpid(),
		    start_s, e);
		if (!path)
			return -1;
		result = dat_writer_open(&recording->writer, path, e);
		if (result == 0)
			run_report_output(path, recording->writer.path);
		free(path);
	}
	if (result == 0 && options->max_size_mib > 0)
		result = bound_output(session, e);
	recording->backend = session->plan.metric->measure->name;
	recording->interval_ns = session->plan.interval_ns;
	recording->alone = session->plan.alone;
	recording->launched = session->plan.launched;
	recording->each = options->each;
	recording->skip_unchanged = options->skip_unchanged;
	recording->writer.precise = session->plan.interval_ns < NS_PER_S / 1000;
	return result;
}

/* Whether the program has 32 bits: its loader would print an error for each
 * library that is preloaded. */
static bool run_is_narrow(const char *word)
{
	char *path = strchr(word, '/') ? mem_copy(word) : path_of_program(word);
	bool is_narrow = path && static_is_narrow(path);

	free(path);
	return is_narrow;
}

/* If this fails, the program runs without the agent. */
static void load_agent(struct run_session *session)
{
	struct agent_wish wish = {.recording = session->recording.writer.path,
	    .lines = session->options->lines,
	    .tables = session->hooks.tables.directory,
	    .allocations = session->hooks.allocations
			       ? session->hooks.allocations_path
			       : NULL,
	    .native = session->options->native,
	    .no_agent = !session->program.agent};
	struct err e;

	if (run_is_narrow(session->program.argv[0])) {
		wish.allocations = NULL;
		wish.no_agent = true;
	}
	if (agent_env_init(&session->agent, &wish, &e) != 0) {
		fprintf(stderr, "mprof: %s\n", e.text);
		if (!session->agent.envp)
			agent_tables_close(&session->hooks.tables);
	}
}

/* Signals are blocked from here on: one that ends the recording must not leave
 * the agent in the process. */
static int command_run_begin_attached(
    struct run_session *session, struct err *e)
{
	if (launch_watch(&session->launch,
		session->target.group ? -1 : session->target.pid, e) != 0)
		return -1;
	if (run_hooks_attach(&session->hooks, session->options,
		session->recording.writer.path, session->target.pid, e) == 0)
		return 0;
	launch_finish(&session->launch);
	return -1;
}

static int command_run_begin(struct run_session *session, struct err *e)
{
	struct launch_request request = {
	    .argv = session->program.argv, .adopt = session->plan.adopts};

	if (session->options->attach)
		return command_run_begin_attached(session, e);
	if (session->program.agent || session->hooks.allocations)
		load_agent(session);
	request.envp = session->agent.envp;
	if (session->scope.directory)
		request.group = session->scope.procs;
	return launch_start(&session->launch, &request, e);
}

/* Without a sampler the program runs to its end, and only its status and its
 * high-water mark from wait4() are recorded. */
static void wait_unmeasured(struct run_session *session)
{
	const struct sink *sink = &session->recording.sink;
	struct launch_event event = {0};
	int64_t now_ns;

	do
		launch_wait(&session->launch, LAUNCH_NEVER, &event);
	while (event.what != LAUNCH_EXITED && event.what != LAUNCH_QUIT);
	session->result.has_status = event.what == LAUNCH_EXITED;
	session->result.status = event.status;
	now_ns = clock_wall_ns();
	sink->exit(sink->context, &(struct sink_exit){.time_ns = now_ns,
				      .pid = session->launch.pid,
				      .is_root = true,
				      .has_status = session->result.has_status,
				      .status = event.status,
				      .peak_kib = event.maxrss_kib});
	if (event.maxrss_kib > 0)
		sink->peak(sink->context, &(struct sink_peak){.time_ns = now_ns,
					      .kib = event.maxrss_kib});
}

/* Waits for the program after the recording has ended, to return its status. */
static void wait_for_program(struct run_session *session)
{
	struct launch_event event;

	while (session->plan.launched && !session->result.has_status) {
		launch_wait(&session->launch, LAUNCH_NEVER, &event);
		if (event.what == LAUNCH_QUIT)
			return;
		if (event.what == LAUNCH_EXITED) {
			session->result.has_status = true;
			session->result.status = event.status;
		}
	}
}

static int exit_status_of_program(const struct run_session *session)
{
	if (session->result.limit.reached)
		return COMMAND_LIMIT;
	if (!session->options->exit_code || !session->plan.launched)
		return COMMAND_OK;
	/* A missing status means that a second SIGTERM ended this process
	 * before the program ended. */
	if (!session->result.has_status)
		return 128 + SIGTERM;
	return launch_exit_status(session->result.status);
}

/* The first failure is returned: the program's, the recording's, a
 * condition's. */
static int exit_status(
    const struct run_session *session, bool is_lost, const char *path)
{
	const struct run_options *options = session->options;
	int status = exit_status_of_program(session), checked;

	if (status == COMMAND_OK && is_lost && !options->allow_loss)
		status = COMMAND_TROUBLE;
	if (!options->check_asked)
		return status;
	checked = run_hooks_check(options, path);
	return status == COMMAND_OK ? checked : status;
}

/* Explains a NameError of a bare @profile. Python's status after a traceback is
 * 1. The program's source is read only then. */
static void run_report_bare_profile(const struct run_session *session)
{
	char *path, clean[4096];

	if (!session->result.has_status || session->agent.envp ||
	    !WIFEXITED(session->result.status) ||
	    WEXITSTATUS(session->result.status) != 1)
		return;
	path = python_source_without_profile(session->program.argv);
	if (!path)
		return;
	utf8_clean(clean, sizeof(clean), path);
	fprintf(stderr,
	    "mprof: %s: uses @profile but doesn't import it; mprof run "
	    "--python provides it\n",
	    clean);
	free(path);
}

static void run_report_end(const struct run_session *session, const char *path)
{
	char clean[4096];

	if (session->plan.launched)
		run_summary_warn_launch(
		    &session->launch, session->program.argv[0]);
	if (!session->sampler)
		return;
	run_summary_warn(&session->plan, &session->result);
	if (session->plan.launched)
		run_hooks_warn(&session->hooks, session->result.status);
	run_summary_warn_gpu(session->result.gpu.text);
	if (session->options->quiet)
		return;
	run_hooks_summary(&session->hooks);
	if (session->plan.launched)
		run_report_bare_profile(session);
	utf8_clean(clean, sizeof(clean), path);
	run_summary_print(
	    &session->plan, &session->result, &session->share, clean);
	run_held_print(&session->hooks.held, &session->result);
}

static void judge_shares(struct run_session *session)
{
	const struct dat_sink *recording = &session->recording;
	const struct share *share;

	if (recording->shares.len == 0)
		return;
	share = share_at_peak(recording->shares.items, recording->shares.len,
	    (double)session->result.peak_kib / 1024);
	if (share)
		session->share = *share;
}

static int command_run_record(struct run_session *session)
{
	char *path = mem_copy(session->recording.writer.path);
	struct err e;
	int closed, status;

	if (session->sampler)
		sampler_run(
		    session->sampler, &session->launch, &session->result);
	else
		wait_unmeasured(session);
	run_hooks_detach(&session->hooks);
	judge_shares(session);
	run_hooks_report_size(&session->hooks);
	closed = dat_sink_finish(&session->recording, &e);
	if (session->result.end == SAMPLER_TIMEOUT)
		wait_for_program(session);
	launch_finish(&session->launch);
	run_hooks_tables(&session->hooks);
	if (closed != 0)
		command_fail(COMMAND_TROUBLE, &e);
	run_report_end(session, path);
	status = exit_status(session, closed != 0, path);
	free(path);
	return status;
}

/* Opens the output and creates the sampler. Where that fails with --backend
 * cgroup or when attaching, nothing is started. Otherwise the program is run
 * without being measured. */
static int command_run_prepare(struct run_session *session, struct err *e)
{
	struct dat_sink *recording = &session->recording;

	if (open_output(session, e) != 0)
		return -1;
	recording->command = session->options->attach ? session->target.argv
						      : session->program.argv;
	dat_write_command(&recording->writer, recording->command);
	session->hooks.held.writer = &recording->writer;
	session->hooks.writer = &recording->writer;
	session->sampler = sampler_create(&session->plan, &recording->sink, e);
	if (session->sampler) {
		run_summary_warn_gpu(sampler_missing_gpu(session->sampler));
		return 0;
	}
	if (session->plan.with & USAGE_OF_GROUP || session->options->attach) {
		dat_writer_discard(&recording->writer);
		return -1;
	}
	fprintf(stderr, "mprof: nothing is measured: %s\n", e->text);
	return 0;
}

/* Reports why the recording could not begin. Returns the exit status. */
static int fail_to_begin(const struct run_session *session, const struct err *e)
{
	int status = COMMAND_FAILED;
	const char *hint = "";
	struct err all;

	if (!session->options->attach) {
		status = launch_failure_status(&session->launch);
		if (status == COMMAND_NOT_FOUND)
			hint = program_hint(&session->program);
	}
	err_set(&all, "%s%s", e->text, hint);
	return command_fail((enum command_status)status, &all);
}

static int begin_and_record(struct run_session *session)
{
	struct err e;
	int status;

	if (command_run_begin(session, &e) == 0) {
		status = command_run_record(session);
	} else {
		dat_writer_discard(&session->recording.writer);
		status = fail_to_begin(session, &e);
	}
	return status;
}

/* --scope: creates the control group that the program is launched in. */
static int command_run_make_scope(struct run_session *session, struct err *e)
{
	struct procfs fs;
	int got;

	if (!session->options->scope)
		return 0;
	if (procfs_init(&fs, "/proc", e) != 0)
		return -1;
	got = cgroup_scope_init(&session->scope, &fs, e);
	procfs_finish(&fs);
	session->plan.group_path = session->scope.path;
	return got;
}

static int command_run_start(struct run_session *session)
{
	const struct run_options *options = session->options;
	char *const *words =
	    options->attach ? session->target.argv : session->program.argv;
	struct err e;
	int status;

	if (command_run_make_scope(session, &e) != 0)
		return command_fail(COMMAND_TROUBLE, &e);
	if (run_hooks_init(&session->hooks, options, &session->plan, words,
		options->attach ? session->target.pid : 0, &e) != 0 ||
	    command_run_prepare(session, &e) != 0)
		status = command_fail(COMMAND_TROUBLE, &e);
	else
		status = begin_and_record(session);
	sampler_destroy(session->sampler);
	run_hooks_finish(&session->hooks);
	if (options->scope && cgroup_scope_finish(&session->scope, &e) != 0)
		command_fail(COMMAND_FAILED, &e);
	return status;
}

/* Finds the process. The time for this counts for --timeout. */
static int attach_find(struct run_session *session, const char *word)
{
	struct sampler_plan *plan = &session->plan;
	int64_t now_ns = clock_mono_ns();
	const struct target_wish wish = {.word = word,
	    .wait = session->options->wait_for,
	    .until_ns = plan->timeout_ns ? now_ns + plan->timeout_ns : 0};
	int status = target_find(&session->target, &wish);

	if (status != COMMAND_OK || !wish.wait || !wish.until_ns)
		return status;
	plan->timeout_ns = wish.until_ns - clock_mono_ns();
	if (plan->timeout_ns <= 0)
		plan->timeout_ns = 1;
	return COMMAND_OK;
}

/* Finds the control group to record. COMMAND_OK, or the exit status. */
static int attach_find_group(struct run_session *session)
{
	int status = run_group_find(&session->options->group, &session->target);

	session->plan.group = session->target.group;
	session->plan.group_path = session->target.group_path;
	return status;
}

/* Attaches to the process that word names; NULL: to a control group. */
static int attach_to(struct run_session *session, const char *word)
{
	int status =
	    word ? attach_find(session, word) : attach_find_group(session);
	struct err e;

	if (status == COMMAND_OK && target_check_metric(&session->target,
					session->plan.metric, &e) != 0)
		status = command_fail(COMMAND_FAILED, &e);
	if (status == COMMAND_OK)
		status = command_run_start(session);
	target_finish(&session->target);
	return status;
}

/* Parses options that follow the pid or name of mprof run --attach. */
static int run_parse_late_options(
    struct run_options *options, char **words, int *count)
{
	const struct option_call call = {run_option_rows, options, false};
	struct err e;
	int rest;

	if (options_parse(&call, *count, words, &rest, &e) != OPTION_RUN)
		return command_fail(COMMAND_MISUSED, &e);
	for (int i = rest; i < *count; i++)
		words[1 + i - rest] = words[i];
	*count -= rest - 1;
	return COMMAND_OK;
}

/* Refuses options that don't apply to a control group: it is no process, and
 * none of its processes is the first. */
static int run_check_group(const struct run_options *options, struct err *e)
{
	const char *option = run_group_option(&options->group);

	if (!option)
		return 0;
	if (!options->attach)
		return err_set(e, "option --%s: is for mprof attach", option);
	if (!options->children || options->wait_for || options->functions ||
	    options->lines || options->python)
		return err_set(e,
		    "option --%s: records all processes of the group alike; "
		    "leave out --no-children, --wait-for, --python, --lines "
		    "and --func",
		    option);
	return 0;
}

/* Refuses records that can't be thinned: the program's own calls, and sampled
 * stacks. */
static int run_check_size(const struct run_options *options, struct err *e)
{
	if (options->rotate && options->max_size_mib <= 0)
		return err_set(e,
		    "option --rotate: needs --max-size, the size at which a "
		    "new file begins");
	if (options->max_size_mib > 0 &&
	    (options->python || options->lines || options->stacks ||
		options->functions))
		return err_set(e,
		    "option --max-size: leave out --python, --lines, --func "
		    "and --stacks: calls and stacks can't be thinned");
	return 0;
}

/* Refuses options that need a program to launch, or a running process. */
static int check_starting(const struct run_options *options, struct err *e)
{
	if (run_check_group(options, e) != 0 || run_check_size(options, e) != 0)
		return -1;
	if (options->attach && options->scope)
		return err_set(e, "option --scope: is for programs that mprof "
				  "starts; a running process stays in its "
				  "group");
	if (options->attach && options->native)
		return err_set(e,
		    "option --native: is for programs that mprof starts; the "
		    "C frames of a running one can't be recorded");
	if (!options->attach && options->functions)
		return err_set(e,
		    "option --func: is for mprof attach PID; in a program that "
		    "mprof starts, put @profile above the function");
	if (!options->attach && options->wait_for)
		return err_set(
		    e, "option --wait-for: is for mprof attach NAME");
	return 0;
}

static int run_check_operands(
    const struct run_options *options, char **words, int count, struct err *e)
{
	if (run_group_check(&options->group, count > 0 ? words[0] : NULL, e) !=
	    0)
		return -1;
	if (options->attach && count > 1)
		return err_set(e,
		    "%s: unexpected; attach records one process, %s", words[1],
		    words[0]);
	return 0;
}

static int command_run_exec(const void *values, char **words, int count)
{
	struct run_options options = *(const struct run_options *)values;
	struct run_session session = {.options = &options};
	struct err e;
	int status;

	options.check_asked = options.check_asked ||
			      check_asked(&options.check) ||
			      options.check.junit;
	options.stacks = options.stacks || options.native;
	if (options.attach && count > 1 &&
	    run_parse_late_options(&options, words, &count) != COMMAND_OK)
		return COMMAND_MISUSED;

	if (count == 0 && !run_group_option(&options.group)) {
		err_set(&e, session.options->attach
				? "name a process, by its pid or its name; see "
				  "mprof help attach"
				: "name a program to run; see mprof help run");
		return command_fail(COMMAND_FAILED, &e);
	}
	if (check_starting(&options, &e) != 0 ||
	    run_check_operands(&options, words, count, &e) != 0)
		return command_fail(COMMAND_MISUSED, &e);
	if (run_options_plan(session.options, &session.plan, &e) != 0 ||
	    run_hooks_prepare_check(session.options, &e) != 0)
		return command_fail(COMMAND_MISUSED, &e);
	if (session.options->attach)
		return attach_to(&session, count > 0 ? words[0] : NULL);
	program_init(&session.program,
	    &(struct program_wish){.python = options.python,
		.no_python = options.no_python,
		.lines = options.lines},
	    words, count);
	/* The agent would write calls to the file that is replaced. */
	session.program.agent &= options.max_size_mib <= 0;
	status = command_run_start(&session);
	program_finish(&session.program);
	if (session.agent.envp)
		agent_env_finish(&session.agent);
	return status;
}

static const char details[] =
    "Give options before the program's name; everything after it is passed to "
    "the\n"
    "program. mprof runs script.py with python3 and provides @profile, as "
    "with\n"
    "--python or --lines. With these options it also runs a PACKAGE that has "
    "a\n"
    "__main__.py, like python3 -m. The python3 is that of the virtual "
    "environment\n"
    "that mprof is called from, else of the active one, else the one in PATH.\n"
    "\n"
    "Exit status: that of the program; 128 + n if signal n killed it; 127 if "
    "it\n"
    "was not found, 126 if it can't be executed; 124 if --limit was reached;\n"
    "125 if mprof itself failed, or lost the recording of a program that\n"
    "succeeded.\n";

const struct command command_run = {
    .name = "run",
    .synopsis = "[options] PROGRAM [ARGUMENT ...]",
    .summary = "run a program and record its memory",
    .details = details,
    .options = run_option_rows,
    .options_size = sizeof(struct run_options),
    .defaults = &run_option_defaults,
    .stop_early = true,
    .takes = COMMAND_TAKES_PROGRAM,
    .run = command_run_exec,
};

static int command_run_attach(const void *values, char **words, int count)
{
	struct run_options options = *(const struct run_options *)values;

	options.attach = true;
	return command_run_exec(&options, words, count);
}

const struct command command_attach = {
    .name = "attach",
    .synopsis = "[options] [PID|NAME]",
    .summary = "record a running process, by pid or name",
    .details = "The same as mprof run --attach. It records until the process "
	       "ends, the control\n"
	       "group of --cgroup, --unit or --container is empty, --timeout "
	       "is over, or you\n"
	       "press Ctrl-C.\n",
    .options = run_option_rows,
    .options_size = sizeof(struct run_options),
    .defaults = &run_option_defaults,
    .takes = COMMAND_TAKES_PID,
    .run = command_run_attach,
};
