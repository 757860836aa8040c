// SPDX-License-Identifier: MIT
#include "commands/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/signal_name.h"
#include "base/units.h"
#include "base/utf8.h"
#include "commands/command.h"
#include "dat/name.h"
#include "input/program.h"
#include "input/python_source.h"
#include "input/target.h"
#include "proc/cgroup_scope.h"
#include "proc/static.h"
#include "proc/usage.h"
#include "python/agent_env.h"
#include "recorder/dat_sink.h"

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

static const char *run_summary_size(char out[static UNITS_TEXT], int64_t kib)
{
	return units_size(out, (double)kib / 1024);
}

static const char *run_summary_limit(char out[static UNITS_TEXT], int64_t kib)
{
	return units_limit(out, (double)kib / 1024);
}

static void run_summary_print_share(const struct share *share, double peak_mib)
{
	char *text;

	if (share->processes == 0)
		return;
	text = share_text(share, peak_mib);
	fprintf(stderr, " (%s: RSS counts it in each; --backend pss)", text);
	free(text);
}

/* Names descendants that still run, and the option that would have recorded
 * them. */
static void run_summary_print_alive(
    const struct sampler_plan *plan, const struct sampler_result *result)
{
	char name[4 * PROCFS_NAME], count[UNITS_COUNT];

	fprintf(stderr, "mprof: %s:",
	    units_count(count, result->alive, "descendant is still running",
		"descendants are still running"));
	for (size_t i = 0; i < result->alive && i < MEMBERS_NAMED; i++)
		fprintf(stderr, "%s %d %s", i > 0 ? "," : "",
		    (int)result->living[i].pid,
		    utf8_clean(name, sizeof(name), result->living[i].name));
	if (result->alive > MEMBERS_NAMED)
		fprintf(stderr, " and %zu more", result->alive - MEMBERS_NAMED);
	if (result->end == SAMPLER_ENDED && !plan->wait_all)
		fprintf(stderr, "; --wait all records %s too",
		    result->alive == 1 ? "it" : "them");
	fputc('\n', stderr);
}

static void run_summary_print_end(
    const struct sampler_plan *plan, const struct sampler_result *result)
{
	char count[UNITS_COUNT];

	if (result->end == SAMPLER_TIMEOUT)
		fputs("mprof: the recording ended at --timeout\n", stderr);
	if (result->alive > 0)
		run_summary_print_alive(plan, result);
	if (result->unseen > 0)
		fprintf(stderr,
		    "mprof: %s%s for less than the interval and %s not "
		    "sampled\n",
		    result->unseen_is_all ? "" : "at least ",
		    units_count(count, result->unseen, "process lived",
			"processes lived"),
		    result->unseen == 1 ? "was" : "were");
}

static void run_summary_print_pace(
    const struct sampler_plan *plan, const struct sampler_result *result)
{
	char interval[UNITS_TEXT], count[UNITS_COUNT];

	if (result->missed > 0)
		fprintf(stderr,
		    "mprof: %s: the recorder could not keep up; a longer -T "
		    "misses fewer\n",
		    units_count(count, result->missed, "sample was missed",
			"samples were missed"));
	if (result->interval_ns > plan->interval_ns)
		fprintf(stderr,
		    "mprof: the interval was lengthened to %s, to keep within "
		    "--max-overhead\n",
		    units_duration(
			interval, (double)result->interval_ns / NS_PER_S));
}

/* The machine's memory limits every program, and is not mentioned. */
static void run_summary_print_limit(const struct exit_cause_verdict *exit_cause)
{
	char limit[UNITS_TEXT];

	if (exit_cause->limit_of && exit_cause->limit_of->own)
		fprintf(stderr, ", under a limit of %s of %s",
		    run_summary_limit(limit, exit_cause->limit_kib),
		    exit_cause->limit_of->text);
}

/* A program that failed may have been refused memory. Kills by the kernel are
 * reported elsewhere. */
static void run_summary_print_status(const struct sampler_result *result)
{
	const struct exit_cause_limit *limit_of = result->exit_cause.limit_of;

	if (!result->has_status || !WIFEXITED(result->status) ||
	    result->exit_cause.kills > 0 || WEXITSTATUS(result->status) == 0 ||
	    !limit_of || !limit_of->own)
		return;
	fprintf(
	    stderr, "mprof: ended with status %d", WEXITSTATUS(result->status));
	run_summary_print_limit(&result->exit_cause);
	fputc('\n', stderr);
}

/* Warns that a signal to mprof could not be forwarded to the program of that
 * name; not silenced by -q. */
static void run_summary_warn_launch(
    const struct launch *launch, const char *program)
{
	char number[32], *clean;
	const char *signal;

	if (launch->refused == 0)
		return;
	signal = signal_name(launch->refused);
	snprintf(number, sizeof(number), "signal %d", launch->refused);
	clean = utf8_clean_copy(program);
	fprintf(stderr, "mprof: %d %s: %s could not be passed on, %s%s\n",
	    (int)launch->pid, clean, signal ? signal : number, strerror(EPERM),
	    launch->ended ? "" : "; it is still running");
	free(clean);
}

void run_warn_gpu(const char *why)
{
	if (why && *why)
		fprintf(stderr, "mprof: --with gpu: %s\n", why);
}

/* The main part. share is from share_at_peak(); its processes are 0 where there
 * is nothing to report. */
static void run_summary_print(const struct sampler_plan *plan,
    const struct sampler_result *result, const struct share *share,
    const char *path)
{
	char count[UNITS_COUNT], peak[UNITS_TEXT], time[UNITS_TEXT], name[4096];

	run_summary_print_pace(plan, result);
	run_summary_print_end(plan, result);
	run_summary_print_status(result);
	if (result->peak_kib > 0 || result->samples > 0)
		fprintf(stderr, "mprof: peak %s %s",
		    run_summary_size(peak, result->peak_kib),
		    plan->metric->measure->title);
	else
		fputs("mprof: nothing was sampled", stderr);
	run_summary_print_share(share, (double)result->peak_kib / 1024);
	fprintf(stderr, ", %s, %s, %s\n",
	    units_duration(
		time, (double)(result->end_ns - result->start_ns) / NS_PER_S),
	    units_count(count, result->samples, "sample", "samples"),
	    utf8_clean(name, sizeof(name), path));
}

static void run_summary_warn_signal(const struct sampler_result *result)
{
	const struct exit_cause_verdict *exit_cause = &result->exit_cause;
	const char *name = signal_name(WTERMSIG(result->status));
	char limit[UNITS_TEXT], last[UNITS_TEXT];

	if (name)
		fprintf(stderr, "mprof: killed by %s", name);
	else
		fprintf(stderr, "mprof: killed by signal %d",
		    WTERMSIG(result->status));
	if (exit_cause->oom && exit_cause->limit_of)
		fprintf(stderr,
		    ": out of memory (limit %s of %s; %s at the last sample)",
		    run_summary_limit(limit, exit_cause->limit_kib),
		    exit_cause->limit_of->text,
		    run_summary_size(last, result->last_kib));
	else if (exit_cause->oom)
		fputs(": out of memory", stderr);
	else if (exit_cause->may_be_oom)
		fprintf(stderr,
		    ", may have been out of memory: the OOM killer killed a "
		    "process of this machine in that time (%s at the last "
		    "sample)",
		    run_summary_size(last, result->last_kib));
	else
		run_summary_print_limit(exit_cause);
	fputc('\n', stderr);
}

static void run_summary_warn_missing(
    const struct sampler_plan *plan, const struct sampler_result *result)
{
	bool needs = plan->metric->file == METRIC_ROLLUP;
	char count[UNITS_COUNT];

	if (result->hidden > 0 || (result->denied > 0 && !needs))
		fputs("mprof: /proc hides some of the processes from this user "
		      "(hidepid): they are missing from the total\n",
		    stderr);
	if (needs && result->denied > 0 && result->samples == 0)
		fprintf(stderr,
		    "mprof: not permitted to read the %s of this process; "
		    "--backend rss needs no permission\n",
		    plan->metric->measure->title);
	else if (needs && result->denied > 0)
		fprintf(stderr,
		    "mprof: %s of %s not permitted and missing from the "
		    "total; run mprof as root to have them\n",
		    units_count(count, result->denied, "reading", "readings"),
		    plan->metric->measure->title);
}

static void run_summary_warn_refused(const struct limit *limit)
{
	char name[4 * PROCFS_NAME], count[UNITS_COUNT];

	if (limit->refusals == 0)
		return;
	fprintf(stderr,
	    "mprof: --on-limit %s: %s:", limit_action_name(limit->action),
	    units_count(count, limit->refusals,
		"process could not be signalled",
		"processes could not be signalled"));
	for (size_t i = 0; i < limit->named; i++)
		fprintf(stderr, "%s %d %s (%s)", i > 0 ? "," : "",
		    (int)limit->refused[i].pid,
		    utf8_clean(name, sizeof(name), limit->refused[i].name),
		    strerror(limit->refused[i].cause));
	if (limit->refusals > limit->named)
		fprintf(
		    stderr, " and %zu more", limit->refusals - limit->named);
	fputc('\n', stderr);
}

/* Not silenced by -q: the signal that ended the program, a limit that was
 * reached. */
static void run_summary_warn(
    const struct sampler_plan *plan, const struct sampler_result *result)
{
	const struct exit_cause_verdict *exit_cause = &result->exit_cause;
	char limit[UNITS_TEXT], total[UNITS_TEXT];

	if (result->limit.reached)
		fprintf(stderr,
		    "mprof: the limit of %s was reached, at %s: %s\n",
		    run_summary_limit(limit, plan->limit_kib),
		    run_summary_size(total, result->limit.total_kib),
		    limit_action_name(plan->on_limit));
	run_summary_warn_refused(&result->limit);
	if (result->has_status && WIFSIGNALED(result->status))
		run_summary_warn_signal(result);
	if (exit_cause->kills > 0 && !exit_cause->oom)
		fprintf(stderr,
		    "mprof: the OOM killer killed %lld of the processes in "
		    "its cgroup: out of memory",
		    (long long)exit_cause->kills);
	if (exit_cause->kills > 0 && !exit_cause->oom && exit_cause->limit_of)
		fprintf(stderr, " (limit %s of %s)",
		    run_summary_limit(limit, exit_cause->limit_kib),
		    exit_cause->limit_of->text);
	if (exit_cause->kills > 0 && !exit_cause->oom)
		fputc('\n', stderr);
	run_summary_warn_missing(plan, result);
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
	run_warn_gpu(session->result.gpu.text);
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
		run_warn_gpu(sampler_missing_gpu(session->sampler));
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
    struct run_options *options, char **argv, int *count)
{
	const struct option_call call = {run_option_rows, options, false};
	struct err e;
	int rest;

	if (options_parse(&call, *count, argv, &rest, &e) != OPTION_RUN)
		return command_fail(COMMAND_MISUSED, &e);
	for (int i = rest; i < *count; i++)
		argv[1 + i - rest] = argv[i];
	*count -= rest - 1;
	return COMMAND_OK;
}

static int command_run_exec(const void *values, char **argv, int count)
{
	struct run_options options = *(const struct run_options *)values;
	struct run_session session = {.options = &options};
	struct err e;
	int status;

	options.check_asked |= options.check.asked || options.check.junit;
	options.stacks = options.stacks || options.native;
	if (options.attach && count > 1 &&
	    run_parse_late_options(&options, argv, &count) != COMMAND_OK)
		return COMMAND_MISUSED;

	if (count == 0 && !run_group_option(&options.group)) {
		err_set(&e, session.options->attach
				? "name a process, by its pid or its name; see "
				  "mprof help attach"
				: "name a program to run; see mprof help run");
		return command_fail(COMMAND_FAILED, &e);
	}
	if (run_options_check(&options, argv, count, &e) != 0 ||
	    run_options_plan(session.options, &session.plan, &e) != 0 ||
	    run_hooks_prepare_check(session.options, &e) != 0)
		return command_fail(COMMAND_MISUSED, &e);
	if (session.options->attach)
		return attach_to(&session, count > 0 ? argv[0] : NULL);
	program_init(&session.program,
	    &(struct program_wish){.python = options.python,
		.no_python = options.no_python,
		.lines = options.lines},
	    argv, count);
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

static int command_run_attach(const void *values, char **argv, int count)
{
	struct run_options options = *(const struct run_options *)values;

	options.attach = true;
	return command_run_exec(&options, argv, count);
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
